"""Statistics: arrays in, a frozen Comparison out; it knows no activation, no claim and no file."""

from acts.stats.comparison import EQUIVALENCE_LEVEL, LEVEL, Comparison, compare, correlation, difference, log_ratio
from acts.stats.decision import ALPHA, Decision, decide, reversal_p, support_p, verdict_of
from acts.stats.families import benjamini_hochberg, expected_false, holm, monte_carlo_p
from acts.stats.omnibus import Omnibus, omega_interval, omnibus
from acts.stats.power import binomial_se, minimum_detectable, pairs_for_equivalence, smallest_p, tost_power
from acts.stats.ranks import hodges_lehmann, walsh_averages
from acts.stats.regrets import elsewhere, halves, oracle, regret
from acts.stats.signflip import interval as sign_flip_interval
from acts.stats.signflip import subset_means

__all__ = [
    "ALPHA", "EQUIVALENCE_LEVEL", "LEVEL", "Comparison", "Decision", "Omnibus", "benjamini_hochberg", "binomial_se",
    "compare", "correlation", "decide", "difference", "elsewhere", "expected_false", "halves", "hodges_lehmann",
    "holm", "log_ratio", "minimum_detectable", "monte_carlo_p", "omega_interval", "omnibus", "oracle",
    "pairs_for_equivalence", "regret", "reversal_p", "sign_flip_interval", "smallest_p", "subset_means", "support_p",
    "tost_power", "verdict_of", "walsh_averages",
]  # fmt: skip
