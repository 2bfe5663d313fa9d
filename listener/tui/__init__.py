"""The desk in a terminal (`listener desk`): the queue, one case, and a key for every verb.

    app        the program: its screen, its command palette
    screen     what the agent sees and where they are: list, card, filter, live refresh
    working    what the agent does: a key, perhaps a question, a verb of the desk
    clerk      those verbs off the screen's thread, each answered in a sentence
    asking     the questions: one line, many lines, one of a few keys
    keys       every key with its action, its help and the command that does the same
    help       all keys on one page
    hints      which keys matter now
    view       which cases the list shows, and what may be typed as a filter
    pages      what is read from the store: a page of the list, a card
    case_list, case_text, drawing   a row, a card, and how pieces of text become lines of the terminal

Nothing shown is ever read as markup: widgets draw (text, style) pieces whose text passed `visible`.
"""
