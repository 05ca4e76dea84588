"""Claims: what the review says, and what the records say about it.

``catalogue()`` holds the claims, ``judge`` decides one from a records table, ``ledger`` all of them, ``summarise``
counts a ledger, ``verdicts`` shows some. Records are all this room reads.
"""

from acts.claims.cards import Card, Verdicts, verdicts
from acts.claims.catalogue import VOCABULARY, Claim, ClaimError, Verdict, catalogue, load, parse
from acts.claims.ledger import judge, ledger
from acts.claims.summary import Summary, summarise

__all__ = [
    "VOCABULARY", "Card", "Claim", "ClaimError", "Summary", "Verdict", "Verdicts", "catalogue", "judge", "ledger",
    "load", "parse", "summarise", "verdicts",
]  # fmt: skip
