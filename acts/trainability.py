"""Trainability: how well plain networks learn in a few steps, by depth and by the scale of their random weights.

Every hidden layer has weights of variance σ_w² / fan_in and biases of variance σ_b², the output layer LeCun's weights.
SGD with momentum takes the same few steps everywhere, at a rate over the depth, because a network of L layers at the
edge of chaos reacts to a step in all of them. Nothing is tuned: the map shows where one rule of thumb reaches.

Records: phase ``final``, arm ``sigma_w=…``, init ``given``, with depth: ``accuracy`` and ``loss`` on test rows,
``diverged``. Phase ``exact``: ``sigma_b``; ``edge_sigma_w``, ``edge_q`` and ``edge_slope`` of the edge of chaos at that
σ_b, where there is one; ``correlation_depth`` on a fine grid of σ_w where that edge is stable, its slope not above 1.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from acts import activations, theory, trials
from acts.activations import Activation
from acts.jobs import Job, Run
from acts.params.gradient_flow import Trainability
from acts.tuned import Row

ROUNDING = 1e-6  # by how much the slope at a stable edge may exceed 1, as that of ReLU does
FINE = 41  # weight scales at which the depth scale is given
ROWS = 1024  # test rows, at most, that a network is scored on


def jobs(word: str, wanted: Trainability, *, seeds: int, device: str, dtype: str) -> Iterator[Job]:
    """Yield a job for every activation and depth, of networks that learn together, and one for the theory."""
    for name, sigma_b in wanted.sigma_b.items():
        activation = activations.get(name)
        shared = {
            "phase": "final", "dataset": wanted.dataset, "norm": "none", "optimizer": "sgd", "init": "given",
            "steps": wanted.steps, "batch": wanted.batch, "evaluations": 1, "device": device, "dtype": dtype,
        }  # fmt: skip
        for depth in wanted.depths:
            own = {"network": f"mlp_{depth}x{wanted.width}", "lr": wanted.rate / depth, "depth": depth}
            runs = tuple(
                {**shared, **own, "seed": seed, "split": seed, "scales": scales(sigma_w, sigma_b), "sigma_w": sigma_w}
                for sigma_w in wanted.sigma_w
                for seed in range(seeds)
            )
            yield Job(word, activation.name, runs, trials.seconds(activation, runs, scored=ROWS))
        ends = [min(wanted.sigma_w), max(wanted.sigma_w)]
        run: Run = {
            "phase": "exact", "seed": None, "network": f"mlp_{max(wanted.depths)}x{wanted.width}", "init": "given",
            "map": wanted.dataset, "sigma_b": sigma_b, "ends": ends, "device": "cpu", "dtype": "float64",
        }  # fmt: skip
        yield Job(word, activation.name, (run,), 1.0)


def scales(sigma_w: float, sigma_b: float) -> list[float | bool]:
    """Return σ_w and σ_b of first, hidden and last layers, and that draws are normal."""
    return [sigma_w, sigma_b, sigma_w, sigma_b, 1.0, 0.0, False]


def arm(sigma_w: float) -> str:
    """Return the arm of a weight scale."""
    return f"sigma_w={sigma_w:g}"


def learned(activation: Activation, runs: Sequence[Run]) -> Iterator[list[Row]]:
    """Train networks of one depth together and yield what each one's rows say."""
    trial = trials.train(activation, runs, watch="test", rows=1)
    scores = trial.score("test", rows=ROWS)
    for number, run in enumerate(runs):
        healthy = not trial.history.diverged[number]
        found = {
            "accuracy": float(scores["accuracy"][number]) if healthy else 0.0,
            "loss": float(scores["loss"][number]) if healthy else np.inf,
        }
        where = {"arm": arm(run["sigma_w"]), "depth": run["depth"]}
        rows = [{**where, "split": "test", "metric": metric, "value": value} for metric, value in found.items()]
        yield [*rows, {**where, "metric": "diverged", "value": float(not healthy)}]


def predicted(activation: Activation, run: Run) -> list[Row]:
    """Return σ_b, the edge of chaos there, if there is one, and the depth over which correlations are forgotten."""
    sigma_b = run["sigma_b"]
    rows: list[Row] = [{"metric": "sigma_b", "value": sigma_b}]
    try:
        edge = theory.edge_of_chaos(activation, sigma_b=sigma_b)
    except ValueError:
        return rows
    found = {"edge_sigma_w": edge.sigma_w, "edge_q": edge.q, "edge_slope": edge.slope}
    rows += [{"metric": metric, "value": value} for metric, value in found.items()]
    if edge.slope > 1 + ROUNDING:
        return rows
    for sigma_w in np.linspace(run["ends"][0], run["ends"][1], FINE).round(4).tolist():
        depth = _forgetting(activation, sigma_w, sigma_b)
        if np.isfinite(depth):
            rows.append({"arm": arm(sigma_w), "metric": "correlation_depth", "value": depth})
    return rows


def _forgetting(activation: Activation, sigma_w: float, sigma_b: float) -> float:
    """Return the depth scale of correlations; infinite where nothing is forgotten, or where lengths explode."""
    try:
        return theory.depth_scale(activation, sigma_w=sigma_w, sigma_b=sigma_b).correlation
    except ValueError:
        return np.inf
