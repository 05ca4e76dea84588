"""What a claim may name: activations, metrics, data sets and experiments; anything else is a spelling mistake.

The names of activations are read from the source of their catalogue, because importing it would bring torch along.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from acts import nearest
from acts.claims.catalogue import EXPERIMENTS, Claim, ClaimError
from acts.claims.index import Index, indexed
from acts.claims.rules import OUTCOME
from acts.claims.surveys import ELSEWHERE

ACTIVATIONS = Path(__file__).resolve().parent.parent / "activations"
DATASETS = (
    "xor", "spirals", "moons", "circles", "quantiles", "signs", "hastie", "teacher", "waves", "rough", "mnist1d",
    "digits", "breast_cancer", "wine", "iris", "diabetes", "docstrings", "fashion_mnist", "fashion_mnist_14", "mnist",
    "mnist_14", "cifar10", "california_housing", "tinyshakespeare", "gaussian",
)  # fmt: skip
METRICS = {
    "formulas": (
        "infimum", "supremum", "infimum_attained", "supremum_attained", "minimum_x", "minimum", "maximum_x", "maximum",
        "derivative_infimum", "derivative_supremum", "lipschitz", "monotone", "smoothness", "zero_at_zero",
        "slope_infimum", "slope_supremum", "mean", "second", "slope_second", "sigma_w", "sigma_b", "q", "length_slope",
        "chi", "edge_sigma_w", "edge_q", "explosion_sigma_w", "log10_gradient", "log10_length", "value", "derivative",
        "second_derivative",
        "slope", "odd_residual", "polynomial", "affine_residual", "xor_error", "xor_affine_error", "fit_error",
        "battery_xor_error", "battery_slope_second", "battery_undefined", "logistic_residual", "sigmoid_residual",
        "steeper_until", "rescaled_difference", "rescaled_chi", "rescaled_slope", "constant_alpha", "constant_scale",
        "curvature_left", "curvature_right", "float32_slope_zero", "slope_positive", "probability",
        "probability_sum", "binary_residual",
        "step_factor", "likely_classes", "identity_residual", "identity_symbolic",
    ),
    "gradient_flow": (
        "log10_gradient_ratio", "log10_length", "mean", "variance", "zero_fraction", "unit_mean_rms_ratio",
        "length_spread", "length_slope", "accuracy", "loss", "diverged", "sigma_b", "edge_sigma_w", "edge_q",
        "edge_slope", "correlation_depth",
    ),
    "dead_units": (
        "zero_share", "flat_share", "stuck_share", "dormant_share", "stuck_longest", "stuck_long_units", "units",
        "ever_zero_units", "revived_units", "revived_share", "zero_epochs", "revivals", "revival_hazard",
        "stuck_epochs", "escapes", "escape_hazard", "zero_fraction", "effective_rank", "recycled_units",
        "born_dead_share", "born_dead_bound", "born_dead_probability", "error", "loss", "loss_area", "diverged",
        "lr_tuned", "lr_edge",
    ),
    "convergence": (
        "loss_area", "loss", "accuracy", "steps_to_loss", "reached", "diverged", "lr_tuned",
    ),
    "mechanisms": (
        "error", "loss", "loss_area", "alpha", "alpha_change", "at_zero_share", "diverged", "lr_tuned", "lr_edge",
        "regions", "reconstruction", "reconstruction_affine", "told_share", "one_sign_share", "natural_cosine",
        "stopped_loss", "stopped_error", "stopped_noise_error", "stopped_noise_loss", "stopped_step", "met",
    ),
    "generalization": ("error", "loss", "accuracy", "loss_area", "diverged", "lr_tuned", "lr_edge"),
    "cost": (
        "forward_ns", "backward_ns", "both_ns", "step_ns", "forward_time_ratio", "backward_time_ratio",
        "both_time_ratio", "step_time_ratio", "share_time_ratio", "saved_bytes", "compiler",
    ),
    "precision": (
        *(f"{quantity}_{what}" for quantity in ("value", "derivative") for what in (
            "ulp", "points", "worst_x", "worst_got", "worst_true", "lost", "lost_low", "lost_high", "lost_near",
            "undefined_x",
        )),
    ),
    "replications": (
        "loss", "accuracy", "error", "batch_loss", "accuracy_area", "error_area", "reported_loss", "reported_accuracy",
        "diverged", "lr_tuned",
    ),
    "robustness": (
        "error", "loss", "accuracy", "accuracy_area", "error_area", "calibration", "calibration_fitted", "loss_area",
        "diverged", "lr_tuned", "lr_edge",
    ),
}  # fmt: skip
KEYS = {
    **dict.fromkeys(("activation", "activations", "extremes", "a", "b", "best_of"), "activation"),
    **dict.fromkeys(("policy", "beside"), "policy"),
    **dict.fromkeys(("metric", "metrics", "events", "of"), "metric"),
    **dict.fromkeys(("dataset", "datasets"), "data set"),
    **dict.fromkeys(("experiment", "experiments"), "experiment"),
}


@cache
def activations() -> frozenset[str]:
    """Return the names that the catalogue of activations registers, read from its source."""
    found: set[str] = set()
    for path in sorted(ACTIVATIONS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(map(_registers, node.decorator_list)):
                found.add(node.name)
    return frozenset(found)


def _registers(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (getattr(called, "id", None) or getattr(called, "attr", None)) == "register"


def check(claim: Claim, records: pd.DataFrame | Index) -> None:
    """Raise ClaimError, one line, for the first name in a claim's rule that neither acts nor the records know."""
    index = indexed(records)
    metrics = {name for names in METRICS.values() for name in names}
    known = {
        "activation": lambda: activations() | index.seen("activation"),
        "policy": lambda: {ELSEWHERE} | activations() | index.seen("activation"),
        "metric": lambda: {OUTCOME} | metrics | index.seen("metric"),
        "data set": lambda: set(DATASETS) | index.seen("dataset"),
        "experiment": lambda: set(EXPERIMENTS) | index.seen("experiment"),
    }
    for what, name in _named(claim.rule.model_dump()):
        word = name.split("(")[0] if what in ("activation", "policy") else name
        if word not in (possible := known[what]()):
            raise ClaimError(f"{claim.id}: unknown {what} {name!r}{nearest.hint(word, sorted(possible))}")


def _named(rule: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield (what, name) for every name that stands under a telling key anywhere in a rule."""
    if isinstance(rule, dict):
        for name, part in rule.items():
            yield from _named(part, name)
    elif isinstance(rule, str):
        if key in KEYS:
            yield KEYS[key], rule
    elif isinstance(rule, Iterable):
        for part in rule:
            yield from _named(part, key)
