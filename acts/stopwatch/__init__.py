"""Stopwatch: what functions cost in one process, each timed in alternation with all the others.

``python -m acts.stopwatch`` takes one order as JSON from its input, and prints what it measured as JSON. Ratios are to
a reference function that was timed in the same process, so that the speed of the machine cancels; whoever wants to know
how far ratios repeat starts many processes.
"""
