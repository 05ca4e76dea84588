"""Bench: what training, engine, store and report cost on this machine, as ratios side by side and beside their bars.

Every part is measured in processes of its own, in repetitions that alternate between the sides, the first of each left
out; nothing goes through the store of the review. The results are records of the experiment ``bench``.
"""
