"""Claims: what the review says, and what the records say about it.

``catalogue()`` holds the claims, ``judge`` decides one from a records table, ``ledger`` all of them, ``verdicts``
shows some, ``fragile`` tells which verdicts another margin, init or half of the seeds would change, ``outstanding``
what would decide those that are open, ``summarise`` counts a ledger and ``corrections`` lists numbers that sources
print wrong. ``asked`` puts a claim to another function, ``answers`` all that can be put to it, and ``duels`` sets it
against every other. Records are all that this room reads.
"""

from acts.claims.asking import Answer, answers, asked
from acts.claims.cards import Card, Verdicts, verdicts
from acts.claims.catalogue import VOCABULARY, Claim, ClaimError, Verdict, catalogue, load, parse
from acts.claims.index import Index
from acts.claims.ledger import judge, ledger
from acts.claims.outstanding import outstanding
from acts.claims.powers import powers
from acts.claims.sensitivity import fragile
from acts.claims.summary import Summary, corrections, sources, summarise

__all__ = [
    "VOCABULARY", "Answer", "Card", "Claim", "ClaimError", "Index", "Summary", "Verdict", "Verdicts", "answers",
    "asked", "catalogue", "corrections", "fragile", "judge", "ledger", "load", "outstanding", "parse", "powers",
    "sources", "summarise", "verdicts",
]  # fmt: skip
