"""Page: what the HTML of a document is made of, from pandoc's tree: markup, contents, cards and the search index."""
