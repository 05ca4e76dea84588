"""Reports: executed notebooks in, one HTML file and one PDF out, both written from one document model.

``cells`` reads a notebook, ``document`` joins notebooks into one pandoc tree with numbers and citations, ``html`` and
``pdf`` write it, ``exporters`` offers both to nbconvert, ``execution`` runs notebooks, ``book`` makes the report of a
configuration.
"""
