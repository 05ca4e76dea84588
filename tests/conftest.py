"""One thread a test process, so that xdist's workers do not fight for the cores and figures repeat bit for bit.

Shapes in signatures are checked at every call while tests run. No example of Hypothesis has a deadline: a busy machine
is not a fault.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

from jaxtyping import install_import_hook

install_import_hook(
    [
        "acts.diagnostics",
        "acts.networks",
        "acts.noise",
        "acts.training",
        "acts.trials",
        "acts.units",
        "acts.stats",
        "acts.claims",
    ],
    "beartype.beartype",
)
hypothesis.settings.register_profile("acts", deadline=None)
hypothesis.settings.load_profile("acts")


@pytest.fixture
def review_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder as reviews stand in, without a configuration; acts works there."""
    for folder in ("params", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "Makefile").touch()
    (tmp_path / "notebooks" / "00_verdicts.ipynb").write_text("{}")
    monkeypatch.setenv("ACTS_ROOT", str(tmp_path))
    monkeypatch.delenv("ACTS_STORE", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def review(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the small review in which all foreign text is hostile, made once for all test processes."""
    import small_review

    folder = tmp_path_factory.getbasetemp()
    return small_review.shared(folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder)


@pytest.fixture(scope="module")
def browser():
    """Give Debian's chromium, driven by Playwright; skip where either is not."""
    import visits

    with visits.browser() as chromium:
        yield chromium


@pytest.fixture
def nothing_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the register of activations, and what the environment says of it, as they were."""
    from acts.activations import own, registry

    monkeypatch.delenv(own.VARIABLE, raising=False)
    own._run.cache_clear()
    with registry.temporarily():
        yield
