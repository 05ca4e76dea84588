"""Answers: what a command found, for a program as plain values and for a reader as it is printed."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came of a command: values for ``--json``, the exit code, and how a reader is shown them."""

    data: Any
    code: int = 0
    show: Callable[[], None] = lambda: None


@contextmanager
def progress(*, aside: bool) -> Iterator[None]:
    """Let what is printed on the way go to standard error, where standard output is to hold the answer alone."""
    if not aside:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


def give(answer: Answer, *, as_json: bool) -> int:
    """Print an answer and return its exit code."""
    if as_json:
        print(json.dumps(plain(answer.data), indent=1, ensure_ascii=False, allow_nan=False))
    else:
        answer.show()
    sys.stdout.flush()
    return answer.code


def plain(value: Any) -> Any:
    """Return values as JSON holds them: an infinity as text, what is not a number as null, a path as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value.as_posix() if isinstance(value, Path) else value
