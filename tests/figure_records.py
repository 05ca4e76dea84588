"""Records of the shape that the experiments write, with numbers from a formula, for figures to be drawn from."""

from typing import Any

import numpy as np
import pandas as pd

from acts.records import concat, frame

NAMES = {
    "identity": ("identity", "control"), "sigmoid": ("sigmoid", "sigmoidal"), "tanh": ("tanh", "sigmoidal"),
    "relu": ("ReLU", "rectifier"), "leaky_relu": ("Leaky ReLU", "rectifier"), "elu": ("ELU", "exponential"),
    "selu": ("SELU", "exponential"), "swish": ("Swish", "smooth gated"), "gelu": ("GELU", "smooth gated"),
    "mish": ("Mish", "smooth gated"), "my_bump": ("bump | of $mine$ *_", "of my own"),
}  # fmt: skip
FACTORS = dict(zip(NAMES, (1.0, 0.045, 0.46, 0.5, 0.505, 0.67, 1.07, 0.38, 0.46, 0.45, 0.2), strict=True))
SPEED = dict(zip(NAMES, (2.2, 1.9, 1.03, 1.0, 0.99, 0.93, 0.97, 0.95, 0.94, 0.92, 1.4), strict=True))
SCALES = {"torch_default": 1 / 3, "lecun": 1.0, "he": 2.0}


def catalogue() -> pd.DataFrame:
    rows = [
        {"name": name, "label": label, "family": family, "year": 2000 + place, "reference": "A 2000", "aliases": "",
         "formula": "x", "latex": r"\\left|x\\right|", "derivative_latex": "1", "elementwise": True,
         "parameters": '{"alpha": 0.01}' if name == "leaky_relu" else "{}", "key": "nair2010"}
        for place, (name, (label, family)) in enumerate(NAMES.items())
    ]  # fmt: skip
    rows += [{**rows[0], "name": name, "label": label, "family": "gated unit", "elementwise": False}
             for name, (label, _) in GATED.items()]  # fmt: skip
    return pd.DataFrame(rows).astype({"year": "Int64"})


def gradient_flow(seeds: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for name, factor in FACTORS.items():
        for init, scale in SCALES.items():
            who = {"experiment": "gradient_flow", "activation": name, "network": "mlp_50x64", "init": init}
            slope = np.log10(min(factor * scale, 1.1))
            for depth in (2, 5, 10, 20, 50):
                flow = {**who, "depth": depth, "metric": "log10_gradient_ratio"}
                rows.append({**flow, "phase": "exact", "value": (depth - 1) * slope})
                noise = rng.normal(0, 0.02 * depth, seeds)
                rows += [{**flow, "phase": "init", "seed": s, "value": (depth - 1) * slope + noise[s]}
                         for s in range(seeds)]  # fmt: skip
            for layer in (1, 2, 5, 10):
                for metric, value in (("log10_length", layer * slope), ("unit_mean_rms_ratio", 1 - 0.9**layer)):
                    rows += [{**who, "phase": "init", "seed": s, "layer": layer, "metric": metric,
                              "value": value + 0.001 * rng.normal()} for s in range(seeds)]  # fmt: skip
    return frame(rows)


def convergence(
    *, seeds: int = 6, datasets: tuple[str, ...] = ("digits", "spirals"), optimizers: tuple[str, ...] = ("sgd", "adam")
) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    for dataset in datasets:
        for network in ("mlp_2x32", "mlp_8x32"):
            for optimizer in optimizers:
                shared = rng.normal(0, 0.05, seeds)
                for name, speed in SPEED.items():
                    who = {"experiment": "convergence", "activation": name, "dataset": dataset, "network": network,
                           "optimizer": optimizer, "device": "cpu", "dtype": "float32"}  # fmt: skip
                    rows += _tuning(who, 0.4 * speed, rng, seeds)
                    rows += _final(who, 0.4 * speed * np.exp(shared + rng.normal(0, 0.03, seeds)))
    return frame(rows)


def _tuning(who: dict[str, Any], level: float, rng: np.random.Generator, seeds: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for init in ("he", "lecun", "stable"):
        for seed in range(seeds):
            for place, rate in enumerate((0.0125, 0.025, 0.05, 0.1, 0.2)):
                run = {**who, "phase": "tune", "seed": 1000 + seed, "init": init, "lr": rate}
                lost = who["activation"] == "selu" and place == 4 and seed == 0
                area = np.inf if lost else level * np.exp(0.1 * (place - 2.2) ** 2 + rng.normal(0, 0.03))
                rows.append({**run, "split": "validation", "metric": "loss_area", "value": area})
                rows.append({**run, "metric": "diverged", "value": float(lost)})
    return rows


def _final(who: dict[str, Any], areas: np.ndarray) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for seed, area in enumerate(areas):
        chosen = ("he", "lecun", "stable")[seed % 3]
        for init in ("he", "lecun", "stable"):
            run = {**who, "phase": "final", "seed": seed, "init": init, "lr": 0.05}
            for arm in ("each", "best") if init == chosen else ("each",):
                rows.append({**run, "arm": arm, "split": "test", "metric": "loss_area", "value": area})
                rows.append({**run, "arm": arm, "metric": "lr_tuned", "value": 0.05})
                rows.append({**run, "arm": arm, "metric": "diverged", "value": 0.0})
            if init == chosen:
                rows += _course({**run, "split": "test"}, area)
    return rows


def _course(run: dict[str, Any], area: float) -> list[dict[str, Any]]:
    steps = range(0, 101, 25)
    rows = [{**run, "arm": "best", "step": step, "metric": "loss", "value": area + 2 * np.exp(-step / 25)}
            for step in steps]  # fmt: skip
    for share in (0.5, 0.25):
        hit = share > 0.3 or area < 0.5
        named = {**run, "arm": f"best;target={share:g}"}
        rows.append({**named, "metric": "steps_to_loss", "value": 40.0 if hit else 101.0})
        rows.append({**named, "metric": "reached", "value": float(hit)})
    return rows


def formulas() -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, factor in FACTORS.items():
        who = {"experiment": "formulas", "activation": name, "phase": "exact", "device": "cpu", "dtype": "float64"}
        for x in np.linspace(-6, 6, 61):
            for metric, value in (("value", factor * max(x, 0.0)), ("derivative", factor * (x > 0))):
                rows.append({**who, "metric": metric, "arm": f"x={x:.6g}", "value": float(value)})
        facts = {"infimum": 0.0, "infimum_attained": 1.0, "supremum": np.inf, "supremum_attained": 0.0, "minimum": 0.0,
                 "minimum_x": 0.0, "derivative_infimum": 0.0, "derivative_supremum": factor, "lipschitz": factor,
                 "smoothness": 0.0, "monotone": 1.0, "mean": 0.3989422804014327 * factor, "second": factor**2 / 2,
                 "slope_second": factor**2 / 2}  # fmt: skip
        rows += [{**who, "metric": metric, "value": value} for metric, value in facts.items()]
        stable = {"sigma_w": np.sqrt(2) / factor, "sigma_b": 0.0}
        rows += [{**who, "init": "stable", "metric": metric, "value": value} for metric, value in stable.items()]
    return frame(rows)


TASKS = (
    ("wine", "mlp_2x32", "none"), ("mnist1d", "mlp_2x64", "none"), ("diabetes", "mlp_2x32", "none"),
    ("digits", "autoencoder_32x8", "none"), ("digits", "cnn_2x8", "batch"), ("mnist1d", "gru_1x32", "none"),
    ("docs", "transformer_2x32", "none"),
)  # fmt: skip
ERRORS = ("wine", "mnist1d")
GATED = {"glu": ("GLU", 0.94), "reglu": ("ReGLU", 0.93), "geglu": ("GEGLU", 0.915), "swiglu": ("SwiGLU", 0.92)}


def classified(dataset: str, network: str) -> bool:
    return dataset in ERRORS or network.startswith("cnn")


def generalization(*, seeds: int = 6, lost: tuple[str, ...] = ("identity",)) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows: list[dict[str, Any]] = []
    for dataset, network, norm in TASKS:
        text = network.startswith("transformer")
        names = {name: SPEED[name] for name in ("identity", "sigmoid", "relu", "elu", "swish", "gelu", "mish")}
        names = {"relu": 1.0, "gelu": 0.985, "swish": 0.99, "sigmoid": 1.03} if text else names
        names = names | {name: factor for name, (_, factor) in GATED.items()} if text else names
        level = 0.03 if dataset == "wine" else 0.2 if classified(dataset, network) else 2.1
        shared = rng.normal(0, 0.15, seeds)
        for name, factor in names.items():
            who = {"experiment": "generalization", "activation": name, "dataset": dataset, "network": network,
                   "norm": norm, "optimizer": "adam", "device": "cpu", "dtype": "float32"}  # fmt: skip
            ends = (
                level * factor ** (0.5 if text else 1) * np.exp(shared + rng.normal(0, 0.01 if text else 0.08, seeds))
            )
            ends = np.maximum(np.round(ends * 36), 0.5) / 36 if dataset == "wine" else ends
            wild = name in lost and dataset == "diabetes"
            for seed, value in enumerate(ends):
                rows += _outcome(who, seed, float(value), classified(dataset, network), text, wild and seed == 0)
                rows += _searched(who, seed, float(ends.mean()), classified(dataset, network), rng)
    return frame(rows)


def _outcome(who: dict[str, Any], seed: int, value: float, error: bool, text: bool, wild: bool) -> list[dict[str, Any]]:
    run = {**who, "phase": "final", "seed": seed, "init": ("he", "lecun")[seed % 2], "lr": 0.004 * 2 ** (seed % 2)}
    measured = {"loss": np.inf if wild else (3 * value if error else value)}
    if error or text:
        measured["accuracy"] = 0.0 if wild else max(0.0, 1 - value / (1 if error else 4))
    if error:
        measured["error"] = np.inf if wild else value
    rows: list[dict[str, Any]] = []
    for arm in ("each", "best"):
        rows += [{**run, "arm": arm, "split": split, "metric": metric, "value": number}
                 for split in ("train", "validation", "test") for metric, number in measured.items()]  # fmt: skip
        told = {"diverged": float(wild), "lr_tuned": run["lr"], "lr_edge": 0.0}
        rows += [{**run, "arm": arm, "metric": metric, "value": number} for metric, number in told.items()]
    return rows


def _searched(
    who: dict[str, Any], seed: int, level: float, error: bool, rng: np.random.Generator
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for init in ("he", "lecun"):
        for place, rate in enumerate((0.001, 0.002, 0.004, 0.008, 0.016)):
            run = {**who, "phase": "tune", "seed": 1000 + seed, "init": init, "lr": rate}
            value = level * np.exp(0.12 * (place - 2.4) ** 2 + rng.normal(0, 0.03))
            metric = "error" if error else "loss"
            rows.append({**run, "split": "validation", "metric": metric, "value": min(value, 1.0) if error else value})
            rows.append({**run, "metric": "diverged", "value": 0.0})
    return rows


def everything() -> pd.DataFrame:
    return concat([formulas(), gradient_flow(), convergence(), generalization()])
