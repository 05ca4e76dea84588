"""Write-ups: short articles about a few claims, made from what a configuration has published; nothing is measured.

``read`` gathers what an article rests on, ``words`` says it in sentences, ``article`` makes the notebook, the page and
the PDF of it.
"""

from acts.writeups.article import card, make, write
from acts.writeups.note import MOST, Asked, Note, WriteupError, read

__all__ = ["MOST", "Asked", "Note", "WriteupError", "card", "make", "read", "write"]
