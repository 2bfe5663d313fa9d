"""A social media support listener. The tree reads as the pipeline:

mention ──▶ match ──▶ classify ──▶ store ──▶ triage ──▶ insight ──▶ alert

connectors/   pages of mentions from each platform (X's paging: connectors/x_paging.py)
matching/     which brand a mention concerns, and why
classifiers/  the second package: complaint, praise, question, sentiment, emotions
store/        the only SQL; rows and cursor in one commit
triage/       which case a mention opens, its priority (priority.py) and its queue (route.py); the desk's verbs
insight/      word of mouth, advocacy, the digest, the spike rule (spikes.py)
alerts/       outbox to console, chat, mail and pager
reports/      the digest as terminal, Markdown, HTML, JSON
lists/        what numbers count, as rows for every surface; web/ shows them in a browser
pipeline/     the run, stage by stage; app.py puts the parts together; cli/ is what people type
"""
