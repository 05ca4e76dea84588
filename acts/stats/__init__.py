"""Statistics: arrays in, a frozen Comparison out; it knows no activation, no claim and no file."""

from acts.stats.comparison import EQUIVALENCE_LEVEL, LEVEL, Comparison, compare, correlation, difference, log_ratio
from acts.stats.counts import clopper_pearson, none_below_p, share_above_p
from acts.stats.curves import least_smoothed
from acts.stats.decision import ALPHA, Decision, decide, reversal_p, support_p, verdict_of
from acts.stats.families import at_least_p, benjamini_hochberg, expected_false, holm, monte_carlo_p
from acts.stats.intercepts import intercept
from acts.stats.likeness import Likeness, likeness
from acts.stats.omnibus import Omnibus, omega_interval, omnibus
from acts.stats.power import (
    binomial_se,
    minimum_detectable,
    pairs_for_equivalence,
    pairs_needed,
    smallest_p,
    tost_power,
)
from acts.stats.ranks import hodges_lehmann, spearman, walsh_averages
from acts.stats.regrets import elsewhere, halves, oracle, regret
from acts.stats.shares import variance_shares
from acts.stats.signflip import interval as sign_flip_interval
from acts.stats.signflip import subset_means
from acts.stats.spreads import Spread, spread

__all__ = [
    "ALPHA", "EQUIVALENCE_LEVEL", "LEVEL", "Comparison", "Decision", "Likeness", "Omnibus", "Spread", "at_least_p",
    "benjamini_hochberg", "binomial_se", "clopper_pearson", "compare", "correlation", "decide", "difference",
    "elsewhere", "expected_false", "halves", "hodges_lehmann", "holm", "intercept", "least_smoothed", "likeness",
    "log_ratio", "minimum_detectable", "monte_carlo_p", "none_below_p", "omega_interval", "omnibus", "oracle",
    "pairs_for_equivalence", "pairs_needed", "regret", "reversal_p", "share_above_p", "sign_flip_interval",
    "smallest_p", "spearman", "spread", "subset_means", "support_p", "tost_power", "variance_shares", "verdict_of",
    "walsh_averages",
]  # fmt: skip
