"""Lab: what a reader of a live notebook sees, in JupyterLab as on the report's page, by day and by night.

``announce`` shows the captions of cells, ``drawings`` puts figures into the colours of the reader's theme, ``markup``
turns the report's markdown into HTML. A report that is rendered takes nothing of it.
"""

from acts.lab.captions import CAPTION, announce, by_itself, live

__all__ = ["CAPTION", "announce", "by_itself", "live"]
