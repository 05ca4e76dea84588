"""Sets are made or read offline, checked by sha256, split by a seed and standardised on training rows alone."""

import dataclasses
import functools
import gzip
import hashlib
import http.server
import io
import os
import re
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from acts import datasets
from acts.__main__ import main
from acts.datasets import makers, makers_packaged, sources, splits

PLANE = ["xor", "spirals", "moons", "circles", "quantiles", "signs", "hastie"]
CLASSES = [*PLANE, "teacher", "mnist1d", "digits", "breast_cancer", "wine", "iris"]
CURVES = ["waves", "rough", "diabetes"]
OFFLINE = [*CLASSES, *CURVES, "docstrings"]
PUBLISHED = [name for name in datasets.names() if datasets.source(name).files]
Put = Callable[..., Path]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what a test made of the table of sets."""
    yield
    datasets._load.cache_clear()
    datasets._split.cache_clear()


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return a function that puts contents of our own in a published set's place and makes them the expected ones."""
    monkeypatch.setenv("ACTS_DATA", str(tmp_path))

    def place(name: str, *contents: bytes, **changes: object) -> Path:
        known = datasets.source(name)
        folder = tmp_path / known.folder
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for file, content in zip(known.files, contents, strict=True):
            (folder / file.name).write_bytes(content)
            files.append(file._replace(sha256=hashlib.sha256(content).hexdigest()))
        changed = dataclasses.replace(known, files=tuple(files), **changes)
        monkeypatch.setitem(sources.sources(), name, changed)
        return folder

    return place


def idx(rows: int, *, images: bool) -> bytes:
    """Return random pictures or labels in the idx format."""
    numbers = np.random.default_rng(rows).integers(0, 256 if images else 10, rows * (784 if images else 1))
    return gzip.compress(bytes(16 if images else 8) + numbers.astype(np.uint8).tobytes(), mtime=0)


@pytest.fixture
def tiny(put: Put) -> Path:
    """A published set of 30 random pictures, 10 of them its test set."""
    contents = [idx(rows, images=images) for rows in (20, 10) for images in (True, False)]
    put("mnist_14", *contents, rows=30, held_out=10)
    return put("mnist", *contents, rows=30, held_out=10)


def archive(name: str, content: bytes) -> bytes:
    """Return a gzipped tar file of one member."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return whole.getvalue()


# --- made and packaged sets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OFFLINE)
def test_sets_that_need_nothing_are_what_is_known_of_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTS_DATA", raising=False)
    known, data = datasets.source(name), datasets.load(name)
    assert datasets.missing(name) is None
    assert (data.task, data.shape, data.outputs) == (known.task, known.shape, known.outputs)
    assert data.x.shape == (known.rows, known.inputs)
    again, targets = known.make(**dict(known.settings))
    np.testing.assert_array_equal(data.x, again.astype(data.x.dtype))
    np.testing.assert_array_equal(data.y, targets.astype(data.y.dtype))


@pytest.mark.parametrize("name", CLASSES)
def test_no_class_is_rare_and_the_best_constant_guess_knows_only_their_number(name: str) -> None:
    data = datasets.load(name)
    counts = np.bincount(data.y, minlength=data.classes)
    assert len(counts) == data.outputs
    assert counts.min() > len(data.y) / data.outputs / 2
    assert data.y.dtype == np.int64
    assert datasets.guess(name) == pytest.approx(np.log(data.outputs))


@pytest.mark.parametrize("name", CURVES)
def test_quantities_are_standardised_on_training_rows_and_a_constant_guess_loses_one(name: str) -> None:
    data, split = datasets.load(name), datasets.split(name, 2)
    assert data.y.shape == (len(data.x), 1)
    assert data.y.dtype == np.float32
    y = (data.y[split.train] - split.target_centre) / split.target_scale
    assert np.mean(y) == pytest.approx(0, abs=1e-6)
    assert np.mean(y**2) == pytest.approx(datasets.guess(name), rel=1e-6)
    with pytest.raises(datasets.DatasetError, match="has no classes: its task is regression"):
        _ = data.classes


@pytest.mark.parametrize("name", [*CLASSES, *CURVES])
@pytest.mark.parametrize("seed", [0, 1003])
def test_a_split_parts_the_rows_and_standardises_on_training_rows(name: str, seed: int) -> None:
    data, split = datasets.load(name), datasets.split(name, seed)
    parts = np.concatenate([split.train, split.validation, split.test])
    np.testing.assert_array_equal(np.sort(parts), np.arange(len(data.y)))
    x = (data.x[split.train] - split.centre) / split.scale
    assert np.mean(x) == pytest.approx(0, abs=1e-6)
    assert np.mean(x**2) == pytest.approx(1, rel=1e-6)
    if datasets.source(name).columns:
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose((x**2).mean(axis=0), 1, rtol=1e-5)
    if data.task == "classification":
        assert (split.target_centre, split.target_scale) == (0, 1)


def test_seeds_draw_different_splits_and_other_rows_move_no_scale() -> None:
    data, split = datasets.load("waves"), datasets.split("waves", 0)
    assert set(split.test) != set(datasets.split("waves", 1).test)
    x, y, other = data.x.copy(), data.y.copy(), np.concatenate([split.test, split.validation])
    x[other] += 100
    y[other] += 100
    moved = splits.split(x, y, 0, task="regression", held_out=0, columns=True)
    for part in ("scale", "centre", "target_scale", "target_centre"):
        np.testing.assert_array_equal(getattr(moved, part), getattr(split, part))


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


def test_moons_are_half_circles_that_reach_to_each_others_centre() -> None:
    x, moon = makers.moons(rows=2000, noise=0.0, seed=3)
    for which, centre, side in ((0, (-0.5, -0.25), 1), (1, (0.5, 0.25), -1)):
        away = x[moon == which] - centre
        np.testing.assert_allclose(np.hypot(*away.T), 1, atol=1e-12)
        assert (side * away[:, 1] >= -1e-12).all()


def test_xor_is_the_sign_of_the_product_where_there_is_no_noise() -> None:
    x, differ = makers.xor(rows=400, noise=0.0, seed=3)
    np.testing.assert_array_equal(differ, x[:, 0] * x[:, 1] < 0)


def test_rings_and_shells_are_told_apart_by_the_distance_from_the_origin() -> None:
    x, ring = makers.circles(rows=2000, inner=0.5, noise=0.0, seed=3)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(ring == 1, 0.5, 1), atol=1e-12)
    x, shell = makers.quantiles(rows=999, inputs=4, classes=3, seed=3)
    squares = (x**2).sum(axis=1)
    np.testing.assert_array_equal(shell, np.searchsorted(np.quantile(squares, [1 / 3, 2 / 3]), squares))
    x, far = makers.hastie(rows=2000, inputs=10, seed=3)
    np.testing.assert_array_equal(far, (x**2).sum(axis=1) > 9.341818)


def test_a_pattern_of_signs_is_written_in_its_number() -> None:
    x, pattern = makers.signs(rows=500, inputs=4, seed=3)
    bits = [[(number >> place) % 2 for place in range(4)] for number in pattern.tolist()]
    np.testing.assert_array_equal(np.array(bits) == 1, x > 0)
    assert set(pattern.tolist()) == set(range(16))


def test_the_smooth_curve_has_no_tone_but_its_own_and_the_rough_one_halves_its_power_by_octave() -> None:
    x, y = makers.waves(rows=2000, tones=8, noise=0.0, seed=3)
    angles = np.pi * 0.5 * np.arange(1, 9) * x
    tones = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(tones @ np.linalg.lstsq(tones, y, rcond=None)[0], y, atol=1e-9)
    x, y = makers.rough(rows=4000, octaves=8, noise=0.0, seed=3)
    angles = np.pi * 2.0 ** np.arange(8) * x
    found = np.linalg.lstsq(np.concatenate([np.cos(angles), np.sin(angles)], axis=1), y, rcond=None)[0]
    power = (found.reshape(2, 8) ** 2).sum(axis=0)
    np.testing.assert_allclose(power, 0.5 ** np.arange(8), rtol=1e-9)


def test_mnist1d_is_its_recipe_followed_signal_by_signal() -> None:
    known = dict(datasets.source("mnist1d").settings) | {"rows": 40, "test": 20}
    x, label = makers.mnist1d(**known)
    generator = np.random.default_rng(known["seed"])
    for rows in (40, 20):
        generator.permutation(np.arange(rows))
    cut, moved = generator.integers(1, 26, (60, 1)), generator.integers(0, 48, (60, 1))
    scale, smooth = generator.uniform(0.8, 1.2, (60, 1)), 0.25 * generator.standard_normal((60, 72))
    fine, tilt = 0.02 * generator.standard_normal((60, 72)), generator.uniform(-0.375, 0.375, (60, 1))
    kernel = np.exp(-0.5 * (np.arange(-8, 9) / 2) ** 2)
    for row in range(60):
        pattern = np.array(known["templates"][label[row]])
        pattern = (pattern - pattern[0]) / pattern.std() / 6
        padded = np.concatenate([pattern, np.zeros(61 - cut[row, 0])])
        at = np.linspace(0, len(padded) - 1, 72)
        signal = np.roll(scale[row] * np.interp(at, np.arange(len(padded)), padded), moved[row])
        noise = np.convolve(np.pad(smooth[row], 8, mode="symmetric"), kernel / kernel.sum(), mode="valid")
        signal = np.where(np.roll(at < 12, moved[row]), signal, noise) + fine[row]
        signal -= tilt[row] * np.linspace(-0.5, 0.5, 72)
        sampled = np.interp(np.linspace(0, 71, 40), np.arange(72), signal)
        np.testing.assert_allclose(x[row], sampled, atol=1e-9)


def test_a_linear_model_reads_a_third_of_mnist1d() -> None:
    from sklearn.linear_model import LogisticRegression

    data, split = datasets.load("mnist1d"), datasets.split("mnist1d", 0)
    x = (data.x - split.centre) / split.scale
    linear = LogisticRegression().fit(x[split.train], data.y[split.train])
    assert 0.28 < linear.score(x[split.test], data.y[split.test]) < 0.38


def test_a_packaged_set_that_holds_something_else_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(**settings: object) -> tuple[np.ndarray, np.ndarray]:
        x, y = makers_packaged.docstrings(**settings)  # type: ignore[arg-type]
        return x, np.roll(y, 1)

    monkeypatch.setitem(sources.sources(), "docstrings", dataclasses.replace(datasets.source("docstrings"), make=other))
    line = datasets.missing("docstrings")
    assert line is not None
    assert "docstrings is not here: the installed scikit-learn holds another one" in line
    assert datasets.source("docstrings").content in line
    assert "\n" not in line
    with pytest.raises(datasets.DatasetError, match=r"requirements\.lock"):
        datasets.load("docstrings")


# --- texts ------------------------------------------------------------------------------------------------------------


def test_a_text_predicts_the_next_character_and_its_windows_share_none() -> None:
    data = datasets.load("docstrings")
    alphabet = dict(datasets.source("docstrings").settings)["alphabet"]
    assert len(set(alphabet)) == data.outputs == len(np.unique(data.y)) == 95
    np.testing.assert_array_equal(data.x[:, 1:], data.y[:, :-1])
    text = "".join(alphabet[number] for number in np.concatenate([data.x, data.y[:, -1:]], axis=1).ravel())
    assert len(text) == data.x.shape[0] * 65 > 400_000
    lines = text.splitlines()
    assert lines[0].startswith("Popular unsupervised clustering algorithms")
    assert len(set(lines)) == len(lines)
    assert datasets.guess("docstrings") == pytest.approx(np.log(95))


@pytest.mark.parametrize("seed", [0, 1, 1003])
def test_the_parts_of_a_text_are_stretches_of_it(seed: int) -> None:
    data, split = datasets.load("docstrings"), datasets.split("docstrings", seed)
    count = len(data.x)
    parts = [split.train, split.validation, split.test]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(count))
    for part in parts:
        members = set(part.tolist())
        assert sum((row + 1) % count not in members for row in members) == 1
        assert (np.diff(part) == 1).mean() < 0.01
    assert len(split.test) == len(split.validation) == round(0.2 * count)
    assert (split.centre, split.scale, split.target_centre, split.target_scale) == (0, 1, 0, 1)


def test_seeds_cut_a_text_at_different_places() -> None:
    first, second = (datasets.split("docstrings", seed) for seed in (0, 1))
    assert set(first.test) != set(second.test)


# --- published sets ---------------------------------------------------------------------------------------------------


def test_every_registered_file_is_some_sets_and_has_an_address() -> None:
    registered = sources._registry()
    used = {file for name in PUBLISHED for file in datasets.source(name).files}
    assert used == set(registered.values())
    for path, file in registered.items():
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.address.startswith("https://")
        assert path.endswith(file.name)
    assert len([name for name in PUBLISHED if name.startswith(("pmlb_", "uci_"))]) == 211


@pytest.mark.parametrize("name", [*OFFLINE, *(name for name in PUBLISHED if not name.startswith(("pmlb_", "uci_")))])
def test_the_page_on_data_sets_says_what_is_known_of_them(name: str) -> None:
    page = (Path(__file__).parents[1] / "docs" / "datasets.md").read_text("utf-8")
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    rows, shape, outputs = (cell.strip() for cell in line.split("|")[2:5])
    known = datasets.source(name)
    assert rows == f"{known.rows:,}"
    assert shape == " × ".join(map(str, known.shape))
    assert outputs.split()[0] == str(known.outputs)
    assert outputs.split()[1].startswith({"classification": "class", "regression": "quant", "text": "char"}[known.task])


def test_the_page_on_data_sets_names_no_table_that_is_none() -> None:
    page = (Path(__file__).parents[1] / "docs" / "datasets.md").read_text("utf-8")
    named = set(re.findall(r"`((?:pmlb|uci)_\w+)`", page))
    assert len(named) > 40
    assert named <= set(PUBLISHED)


def test_an_unknown_set_is_told_what_is_near() -> None:
    with pytest.raises(datasets.DatasetError, match=r"unknown data set 'fashon_mnist'; did you mean 'fashion_mnist'\?"):
        datasets.load("fashon_mnist")
    with pytest.raises(datasets.DatasetError, match=r"'pmlb_leter'; did you mean 'pmlb_letter'\?") as caught:
        datasets.load("pmlb_leter")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", [name for name in PUBLISHED if not name.startswith(("pmlb_", "uci_"))] + ["uci_yacht"])
def test_an_absent_set_is_named_with_place_and_sha256(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = datasets.source(name).files[0]
    for place in (None, tmp_path):
        monkeypatch.delenv("ACTS_DATA", raising=False) if place is None else monkeypatch.setenv("ACTS_DATA", str(place))
        line = datasets.missing(name)
        assert line is not None
        assert "\n" not in line
        for part in (name, file.name, file.sha256, "ACTS_DATA", f"`python -m acts fetch {name}`"):
            assert part in line
        assert str(tmp_path) not in line
        with pytest.raises(ValueError, match="is not here: put"):
            datasets.load(name)


def test_a_published_test_set_stays_the_test_set(tiny: Path) -> None:
    assert tiny.is_dir()
    data = datasets.load("mnist")
    assert data.x.shape == (30, 784)
    assert data.shape == (1, 28, 28)
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


def test_colour_pictures_are_records_of_a_label_and_three_planes(put: Put) -> None:
    records = np.random.default_rng(0).integers(0, 256, (12, 3073), dtype=np.uint8)
    records[:, 0] %= 10
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        for number, name in reversed(list(enumerate(names))):
            content = records[2 * number : 2 * number + 2].tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    put("cifar10", whole.getvalue(), rows=12, held_out=2)
    data = datasets.load("cifar10")
    assert data.shape == (3, 32, 32)
    np.testing.assert_array_equal(data.x, records[:, 1:])
    np.testing.assert_array_equal(data.y, records[:, 0])
    assert set(datasets.split("cifar10", 0).test) == {10, 11}


def test_house_prices_come_with_rooms_and_people_a_household(put: Put) -> None:
    line = b"-122.23,37.88,41,880,129,322,126,8.3252,452600\n"  # the set's first district
    put("california_housing", archive("CaliforniaHousing/cal_housing.data", line * 4), rows=4)
    data = datasets.load("california_housing")
    shown = [8.3252, 41, 6.98412698, 1.02380952, 322, 2.55555556, 37.88, -122.23]  # as scikit-learn's guide prints it
    np.testing.assert_allclose(data.x[2], shown, rtol=1e-6)
    np.testing.assert_allclose(data.y, np.full((4, 1), 4.526), rtol=1e-6)


def test_a_text_file_is_cut_into_windows(put: Put) -> None:
    text = "First Citizen:\nBefore we proceed any further, hear me speak.\n" * 3
    put("tinyshakespeare", text.encode(), rows=2)
    data = datasets.load("tinyshakespeare")
    alphabet = dict(datasets.source("tinyshakespeare").settings)["alphabet"]
    assert len(alphabet) == len(set(alphabet)) == data.outputs == 65
    assert "".join(alphabet[number] for number in data.x[0]) == text[:64]
    assert "".join(alphabet[number] for number in data.y[1]) == text[66:130]


def test_tables_have_their_target_by_title_or_in_the_last_column(put: Put) -> None:
    table = gzip.compress(b"a\ttarget\tb\n" + b"".join(b"%d\t%d\t0.5\n" % (row, 7 + row % 3) for row in range(9)))
    put("pmlb_tae", table, rows=9, shape=(2,))
    data = datasets.load("pmlb_tae")
    np.testing.assert_array_equal(data.x, [[row, 0.5] for row in range(9)])
    np.testing.assert_array_equal(data.y, np.arange(9) % 3)
    put("pmlb_1027_esl", table, rows=9, shape=(2,))
    np.testing.assert_array_equal(datasets.load("pmlb_1027_esl").y, 7 + np.arange(9)[:, None] % 3)
    day = 2_454_867
    put(
        "uci_yacht",
        gzip.compress(b"".join(b"%d,%d.25,%d\n" % (row, day + row, row) for row in range(9))),
        rows=9,
        shape=(2,),
    )
    data = datasets.load("uci_yacht")
    np.testing.assert_array_equal(data.x, np.arange(9)[:, None] - [4.0, 4.0])
    np.testing.assert_array_equal(data.y, np.arange(9)[:, None])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\ttarget\n1\t0\n2\t1\n", "2 rows of 1 inputs, expected 3 of 1"),
        (b"a\ttarget\n1\t0\n2\t1\n3\t2\n", "classes from 0 to 2, expected 0 to 1"),
        (b"a\ttarget\n1\t0\n\t1\n3\t1\n", "some numbers are missing or infinite"),
    ],
)
def test_a_table_that_is_not_what_is_known_of_it_is_one_line(put: Put, content: bytes, said: str) -> None:
    put("pmlb_lupus", gzip.compress(content), rows=3, shape=(1,))
    with pytest.raises(datasets.DatasetError, match=f"pmlb_lupus: {said}"):
        datasets.load("pmlb_lupus")


# --- faults -----------------------------------------------------------------------------------------------------------


def flipped(body: bytes) -> bytes:
    return body[:50] + bytes([body[50] ^ 1]) + body[51:]


@pytest.mark.parametrize("spoil", [flipped, lambda body: body[:100], lambda _: b""], ids=["bit", "short", "empty"])
def test_a_damaged_file_is_one_clear_line_before_and_at_loading(tiny: Path, spoil: Callable[[bytes], bytes]) -> None:
    file = datasets.source("mnist").files[2]
    body = spoil((tiny / file.name).read_bytes())
    (tiny / file.name).write_bytes(body)
    line = datasets.missing("mnist")
    assert line is not None
    assert line.startswith(
        "mnist is not whole: $ACTS_DATA/MNIST/raw/t10k-images-idx3-ubyte.gz is damaged, cut short or"
    )
    assert f"{len(body):,} bytes" in line
    assert file.sha256 in line
    assert "\n" not in line
    with pytest.raises(datasets.DatasetError, match="is not whole"):
        datasets.load("mnist")


@pytest.mark.parametrize("inside", ["MNIST", "MNIST/raw"])
def test_a_folder_named_too_deep_is_told(tiny: Path, inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTS_DATA", str(tiny.parents[1] / inside))
    line = datasets.missing("mnist")
    assert line is not None
    assert line.endswith("but ACTS_DATA must name the folder that holds MNIST/raw")


def test_a_folder_that_is_none_or_holds_a_folder_for_a_file_is_told(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny / "train-images-idx3-ubyte.gz"
    monkeypatch.setenv("ACTS_DATA", str(tiny / "nowhere"))
    assert "ACTS_DATA names a folder that does not exist" in str(datasets.missing("mnist"))
    monkeypatch.setenv("ACTS_DATA", str(file))
    assert "ACTS_DATA names a file, not a folder" in str(datasets.missing("mnist"))
    with pytest.raises(datasets.DatasetError, match="ACTS_DATA names a file, not a folder"):
        datasets.fetch("mnist")
    monkeypatch.setenv("ACTS_DATA", str(tiny.parents[1]))
    file.unlink()
    file.mkdir()
    assert f"{file.name} is a folder; put the file in its place" in str(datasets.missing("mnist"))


def test_a_file_that_cannot_be_read_is_told(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    assert tiny.is_dir()
    monkeypatch.setattr("acts.datasets.shelf.digest", refuse)
    assert "mnist cannot be read: $ACTS_DATA/MNIST/raw/train-images" in str(datasets.missing("mnist"))


# --- fetching ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def publisher(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve the tiny set from this machine, with ACTS_DATA an empty folder elsewhere; give the served folder."""
    assert tiny.is_dir()
    served = tmp_path / "served"
    (tmp_path / "MNIST").rename(served)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served / "raw"))
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    monkeypatch.setenv("ACTS_DATA", str(tmp_path / "shelf"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _publish_at(f"http://127.0.0.1:{server.server_port}/", monkeypatch)
        yield served / "raw"
        server.shutdown()


def _publish_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = datasets.source("mnist")
    files = tuple(file._replace(address=address + file.name) for file in known.files)
    monkeypatch.setitem(sources.sources(), "mnist", dataclasses.replace(known, files=files))


def test_a_download_happens_on_request_alone(
    publisher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.is_dir()
    with pytest.raises(datasets.DatasetError, match="is not here"):
        datasets.load("mnist")
    assert not (tmp_path / "shelf").exists()
    assert main(["fetch", "mnist"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mnist: fetching train-images-idx3-ubyte.gz from 127.0.0.1 into $ACTS_DATA/MNIST/raw"
    assert lines[4:] == ["mnist is here: 30 rows under $ACTS_DATA/MNIST/raw, checked by sha256"]
    assert datasets.load("mnist").x.shape == (30, 784)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "shelf").rglob("*.gz")} == {0o644}


def test_a_second_download_fetches_only_what_is_not_whole(publisher: Path, tmp_path: Path) -> None:
    assert publisher.is_dir()
    said: list[str] = []
    first = datasets.fetch("mnist", tell=said.append)
    first[1].write_bytes(b"spoilt")
    assert datasets.fetch("mnist", tell=said.append) == first
    assert [line.split()[2] for line in said if "fetching" in line].count(first[1].name) == 2
    assert len(said) == 4 + 1 + 1 + 1
    assert datasets.missing("mnist") is None
    assert not [path for path in (tmp_path / "shelf").rglob("*") if path.is_file() and path not in first]


def test_other_bytes_are_not_kept_and_what_lay_there_stays(
    publisher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = datasets.source("mnist").files[0].name
    (publisher / name).write_bytes(b"another file")
    place = tmp_path / "shelf" / "MNIST" / "raw" / name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"what lay there")
    assert main(["fetch", "mnist"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mnist: http://127.0.0.1:")
    assert "gave other bytes than sha256" in line
    assert place.read_bytes() == b"what lay there"
    assert list(place.parent.iterdir()) == [place]


def test_a_file_that_its_publisher_no_longer_has_is_one_line(
    publisher: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (publisher / datasets.source("mnist").files[3].name).unlink()
    assert main(["fetch", "mnist"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "t10k-labels-idx1-ubyte.gz could not be fetched from http://127.0.0.1:" in line
    assert "(HTTP 404); what was there is kept" in line


def test_without_a_network_fetching_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        free = taken.getsockname()[1]
    _publish_at(f"http://127.0.0.1:{free}/", monkeypatch)
    monkeypatch.setenv("ACTS_DATA", str(tmp_path))
    assert main(["fetch", "mnist"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "(ConnectionError); what was there is kept; try again, or put it there by hand (sha256 440fcabf" in line


def test_a_folder_that_cannot_be_made_is_one_line(
    publisher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.is_dir()
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "MNIST").write_text("a file where a folder should be")
    assert main(["fetch", "mnist"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "could not be fetched" in line
    assert "Not a directory" in line


def test_what_cannot_be_fetched_is_said_before_any_download(
    publisher: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publisher.is_dir()
    assert main(["fetch", "mnist", "mnits"]) == 2
    assert capsys.readouterr().err.startswith("unknown data set 'mnits'; did you mean 'mnist'?")
    assert main(["fetch", "digits"]) == 2
    assert "digits needs no download" in capsys.readouterr().err
    monkeypatch.delenv("ACTS_DATA")
    assert main(["fetch", "mnist"]) == 2
    assert capsys.readouterr().err == "mnist: set ACTS_DATA to the folder that MNIST/raw is to be put in\n"
    assert capsys.readouterr().out == ""


# --- fingerprints -----------------------------------------------------------------------------------------------------


def test_fingerprints_tell_sets_and_definitions_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = {name: datasets.fingerprint(name) for name in datasets.names()}
    assert len(set(prints.values())) == len(prints)
    other = dataclasses.replace(datasets.source("spirals"), settings=(("rows", 10), ("turns", 1.0), ("noise", 0.0)))
    monkeypatch.setitem(sources.sources(), "spirals", other)
    file = datasets.source("uci_yacht").files[0]._replace(sha256="0" * 64)
    changed = dataclasses.replace(datasets.source("uci_yacht"), files=(file,))
    monkeypatch.setitem(sources.sources(), "uci_yacht", changed)
    again = {name: datasets.fingerprint(name) for name in datasets.names()}
    assert {name for name in prints if prints[name] != again[name]} == {"spirals", "uci_yacht"}


def test_an_address_or_a_label_changes_no_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before, known = datasets.fingerprint("uci_yacht"), datasets.source("uci_yacht")
    file = known.files[0]._replace(address="https://elsewhere.example/data.csv.gz")
    monkeypatch.setitem(sources.sources(), "uci_yacht", dataclasses.replace(known, files=(file,), label="boats"))
    assert datasets.fingerprint("uci_yacht") == before


def test_a_comment_or_docstring_changes_no_fingerprint() -> None:
    def one(rows: int) -> int:
        return rows + 1

    plain = datasets._code(one)

    def one(rows: int) -> int:  # type: ignore[no-redef]
        """Says more."""
        # and more
        return rows + 1

    assert datasets._code(one) == plain


# --- the published sets themselves ------------------------------------------------------------------------------------

here = pytest.mark.skipif("ACTS_DATA" not in os.environ, reason="ACTS_DATA names no folder of published sets")


def _loaded(name: str) -> datasets.Dataset:
    """Return a set that is here, or skip the test, saying what is not."""
    absent = datasets.missing(name)
    if absent:
        pytest.skip(absent)
    return datasets.load(name)


@here
@pytest.mark.parametrize("name", ["mnist_14", "fashion_mnist_14", "cifar10"])
def test_published_pictures_have_their_published_shape(name: str) -> None:
    data = _loaded(name)
    assert data.y[-10_000:].size == 10_000
    assert set(np.unique(data.y)) == set(range(10))
    if name != "mnist_14":
        np.testing.assert_array_equal(np.bincount(data.y[-10_000:]), 1000)


@here
def test_the_published_text_is_read_whole() -> None:
    data = _loaded("tinyshakespeare")
    alphabet = dict(datasets.source("tinyshakespeare").settings)["alphabet"]
    assert "".join(alphabet[number] for number in data.x[0]).startswith("First Citizen:\nBefore we proceed any further")
    assert set(np.unique(data.x)) == set(range(65))


@here
def test_published_tables_are_what_is_known_of_them() -> None:
    tables = [name for name in PUBLISHED if name.startswith(("california", "pmlb_", "uci_"))]
    present = [name for name in tables if datasets.missing(name) is None]
    if not present:
        pytest.skip(f"none of {len(tables)} published tables is here")
    for name in present:
        assert datasets.load(name).x.shape == (datasets.source(name).rows, datasets.source(name).inputs)
