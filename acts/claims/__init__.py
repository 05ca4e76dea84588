"""Claims: what the review says, and what the records say about it.

``catalogue()`` holds the claims, ``judge`` decides one from a records table, ``ledger`` all of them, ``verdicts``
shows some. Records are all this room reads.
"""

from acts.claims.catalogue import VOCABULARY, Claim, ClaimError, Verdict, catalogue, load, parse

__all__ = ["VOCABULARY", "Claim", "ClaimError", "Verdict", "catalogue", "load", "parse"]
