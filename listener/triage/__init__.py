"""⑤ Which posts become cases, in which queue, how urgent, and what agents may do with them.

Pure, facts in and decision out:
    intake_rules   does a post open a case, join, wake or reopen one?
    assess         what one post is worth: reason, severity, points, route
    severity       how bad it is for the customer, 0 to 1
    priority       the named points, and a case's place in the queue
    route          which queue: the routing decision
    sla            when the first answer is due
    arrivals       what a post changes in its case
    moves          what an agent may do, and what that changes
    corrections    an agent's word against the model's
    why            each term of a priority, in words
    card           a case on one screen, for the command line and the desk (card_words: ages, dues, names)
    until          what people type when they put a case off
Thin edges that read, decide and write:
    intake         for the run, a page at a time
    desk           for people, a verb at a time
"""
