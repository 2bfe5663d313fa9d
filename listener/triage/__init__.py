"""Which posts become cases, in which queue, how urgent, and what agents may do with them.

intake_rules   does a post open, join, wake or reopen a case?       ┐
severity       how bad is it for the customer, 0 to 1               │
priority       the named points, and a case's place in the queue    ├ pure: facts in, decision out
route          which queue: the routing decision                    │
sla            when the first answer is due                         │
moves          what an agent may do, and what that changes          ┘
intake · desk  the thin edges that read, decide and write: one for the run, one for people
"""
