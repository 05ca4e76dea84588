"""Sets are made or read offline, checked by sha256, split by a seed and standardised on training rows alone."""

import dataclasses
import functools
import gzip
import hashlib
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from acts import datasets
from acts.datasets import makers, sources, splits

MADE = ["digits", "spirals", "teacher"]
PUBLISHED = [name for name in datasets.names() if datasets.source(name).files]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A published set of 30 random pictures, 10 of them its test set, in torchvision's layout under ACTS_DATA."""
    generator = np.random.default_rng(0)
    known, files = datasets.source("mnist"), []
    folder = tmp_path / known.folder
    folder.mkdir(parents=True)
    for (name, _, address), rows in zip(known.files, (20, 20, 10, 10), strict=True):
        images = "images" in name
        header = b"\0" * (16 if images else 8)
        body = generator.integers(0, 256 if images else 10, rows * (784 if images else 1), dtype=np.uint8).tobytes()
        (folder / name).write_bytes(gzip.compress(header + body, mtime=0))
        files.append(sources.File(name, hashlib.sha256((folder / name).read_bytes()).hexdigest(), address))
    for name in ("mnist", "mnist_14"):
        changed = dataclasses.replace(datasets.source(name), files=tuple(files), held_out=10)
        monkeypatch.setitem(sources.SOURCES, name, changed)
    monkeypatch.setenv("ACTS_DATA", str(tmp_path))
    yield folder
    datasets._load.cache_clear()
    datasets._split.cache_clear()


@pytest.mark.parametrize("name", MADE)
def test_made_sets_need_nothing_and_repeat(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    known, data = datasets.source(name), datasets.load(name)
    assert datasets.missing(name) is None
    assert data.x.shape == (len(data.y), known.inputs)
    again, labels = known.make(**dict(known.settings))
    np.testing.assert_array_equal(data.x, again.astype(data.x.dtype))
    np.testing.assert_array_equal(data.y, labels)
    counts = np.bincount(data.y, minlength=known.classes)
    assert len(counts) == known.classes
    assert counts.min() > len(data.y) / known.classes / 2


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("seed", [0, 1003])
def test_a_split_parts_the_rows_and_standardises_on_training_rows(name: str, seed: int) -> None:
    data, split = datasets.load(name), datasets.split(name, seed)
    parts = np.concatenate([split.train, split.validation, split.test])
    np.testing.assert_array_equal(np.sort(parts), np.arange(len(data.y)))
    x = (data.x[split.train] - split.centre) / split.scale
    assert np.mean(x) == pytest.approx(0, abs=1e-6)
    assert np.mean(x**2) == pytest.approx(1, rel=1e-6)
    if datasets.source(name).columns:
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose((x**2).mean(axis=0), 1, rtol=1e-5)


def test_seeds_draw_different_splits_and_test_rows_move_no_scale() -> None:
    data, split = datasets.load("teacher"), datasets.split("teacher", 0)
    assert set(split.test) != set(datasets.split("teacher", 1).test)
    changed = data.x.copy()
    changed[np.concatenate([split.test, split.validation])] += 100
    other = splits.split(changed, data.y, 0, task="classification", held_out=0, columns=True)
    np.testing.assert_array_equal(other.scale, split.scale)
    np.testing.assert_array_equal(other.centre, split.centre)


def test_a_constant_column_stays_zero_and_the_mean_square_one() -> None:
    rows = np.random.default_rng(0).normal(3, 2, (500, 4)).astype(np.float32)
    rows[:, 2] = 7
    centre, scale = splits.standard(rows, columns=True)
    x = (rows - centre) / scale
    assert np.abs(x[:, 2]).max() == 0
    assert np.mean(x**2) == pytest.approx(1, rel=1e-6)


def test_spiral_arms_are_each_others_half_turn() -> None:
    x, arm = makers.spirals(rows=2000, turns=1.25, noise=0.0, seed=3)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    phase = np.exp(1j * (angle - 2 * np.pi * 1.25 * radius))
    np.testing.assert_allclose(phase, np.where(arm == 0, 1, -1), atol=1e-9)


def test_an_unknown_set_is_told_what_is_near() -> None:
    with pytest.raises(ValueError, match=r"unknown dataset 'fashon_mnist'; did you mean 'fashion_mnist'\?"):
        datasets.load("fashon_mnist")


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_absent_set_is_named_with_place_and_sha256(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, sha256, _ = datasets.source(name).files[0]
    for place in (None, tmp_path):
        monkeypatch.delenv("ACTS_DATA", raising=False) if place is None else monkeypatch.setenv("ACTS_DATA", str(place))
        line = datasets.missing(name)
        assert line is not None
        assert "\n" not in line
        for part in (name, file, sha256, "ACTS_DATA"):
            assert part in line
        assert str(tmp_path) not in line
        with pytest.raises(ValueError, match="is not here: put"):
            datasets.load(name)


def test_a_published_test_set_stays_the_test_set(tiny: Path) -> None:
    assert tiny.is_dir()
    data = datasets.load("mnist")
    assert data.x.shape == (30, 784)
    for seed in range(3):
        split = datasets.split("mnist", seed)
        assert set(split.test) == set(range(20, 30))
        assert set(split.train) | set(split.validation) == set(range(20))


def test_pictures_are_averaged_over_squares(tiny: Path) -> None:
    assert tiny.is_dir()
    whole, small = datasets.load("mnist").x, datasets.load("mnist_14").x
    assert small.shape == (30, 196)
    first = whole[4].reshape(28, 28)[2:4, 6:8].astype(float).mean()
    assert abs(small[4].reshape(14, 14)[1, 3] - first) <= 0.5


def test_a_damaged_file_is_one_clear_line(tiny: Path) -> None:
    file, sha256, _ = datasets.source("mnist").files[2]
    body = bytearray((tiny / file).read_bytes())
    body[50] ^= 1
    (tiny / file).write_bytes(body)
    with pytest.raises(ValueError, match=f"{file}: damaged.*expected {sha256}") as caught:
        datasets.load("mnist")
    assert "\n" not in str(caught.value)


def test_a_download_happens_on_request_alone(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tiny))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        files = tuple(file._replace(address=address + file.name) for file in datasets.source("mnist").files)
        known = dataclasses.replace(datasets.source("mnist"), files=files)
        monkeypatch.setitem(sources.SOURCES, "mnist", known)
        monkeypatch.setenv("ACTS_DATA", str(tmp_path / "elsewhere"))
        with pytest.raises(ValueError, match="is not here"):
            datasets.load("mnist")
        assert not (tmp_path / "elsewhere").exists()
        assert len(datasets.fetch("mnist")) == 4
        server.shutdown()
    assert datasets.load("mnist").x.shape == (30, 784)


def test_a_download_needs_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    with pytest.raises(ValueError, match="set ACTS_DATA"):
        datasets.fetch("mnist")
    with pytest.raises(ValueError, match="needs no download"):
        datasets.fetch("digits")


def test_fingerprints_tell_sets_and_definitions_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = {name: datasets.fingerprint(name) for name in datasets.names()}
    assert len(set(prints.values())) == len(prints)
    other = dataclasses.replace(datasets.source("spirals"), settings=(("rows", 10), ("turns", 1.0), ("noise", 0.0)))
    monkeypatch.setitem(sources.SOURCES, "spirals", other)
    assert datasets.fingerprint("spirals") != prints["spirals"]
    assert datasets.fingerprint("teacher") == prints["teacher"]


def test_a_comment_or_docstring_changes_no_fingerprint() -> None:
    def one(rows: int) -> int:
        return rows + 1

    plain = datasets._code(one)

    def one(rows: int) -> int:  # type: ignore[no-redef]
        """Says more."""
        # and more
        return rows + 1

    assert datasets._code(one) == plain


@pytest.mark.skipif("ACTS_DATA" not in os.environ, reason="ACTS_DATA names no folder of published sets")
@pytest.mark.parametrize("name", ["mnist_14", "fashion_mnist_14"])
def test_published_sets_have_their_published_shape(name: str) -> None:
    data = datasets.load(name)
    assert data.x.shape == (70_000, 196)
    assert np.bincount(data.y[60_000:]).sum() == 10_000
    assert set(np.unique(data.y)) == set(range(10))
