"""One file a comparison: ``plan(params, records)`` says which runs it needs, ``measure(job)`` takes them."""
