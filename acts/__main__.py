"""The command line, ``acts COMMAND`` or ``python -m acts COMMAND``: ``acts`` alone lists the commands.

It ends with 0 when all is good, 1 when something failed, 2 for bad input, 75 when busy or cut off, 130 when stopped.
Every command imports what it needs when it is called, so a typo costs no import of torch.
"""

import argparse
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from acts import commands
from acts.commands.answer import give, progress

BAD_INPUT, BUSY, INTERRUPTED = 2, 75, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    _legible()
    given = commands.read(sys.argv[1:] if arguments is None else arguments)
    try:
        signal.signal(signal.SIGTERM, _stop)
        return _done(given)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return _told("interrupted; what was finished is kept, run the same again to go on", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if given.debug:
            traceback.print_exc()
        if table := getattr(error, "table", ""):
            print(table, file=sys.stderr)
        return _told(_line(error, debug=given.debug), _code(error))


def _done(given: argparse.Namespace) -> int:
    """Carry out one command, print its answer and return its exit code; without a command, print the menu."""
    if given.command is None:
        from acts.commands import completion

        print(completion.script() if given.completion else commands.menu(), end="", flush=True)
        return 0
    if fault := _astray():
        return _told(fault, BAD_INPUT)
    with progress(aside=given.json):
        answer = commands.module(given.command).run(given)
    return give(answer, as_json=given.json)


def _astray() -> str:
    """Return what is wrong with ACTS_ROOT, nothing where it names a review's folder or nothing at all."""
    named = os.environ.get("ACTS_ROOT")
    if not named or (Path(named) / "params").is_dir():
        return ""
    return f"ACTS_ROOT names {named}, which is no review's folder: it has no params/; unset it, or name one that has"


def _legible() -> None:
    """Let a terminal that cannot show a letter show a question mark in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _stop(*_: Any) -> NoReturn:
    """Answer SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


def _told(line: str, code: int) -> int:
    """Say one line on standard error and return the exit code."""
    print(line, file=sys.stderr, flush=True)
    return code


def _line(error: Exception, *, debug: bool) -> str:
    """Return an error as one line; an unforeseen one says its kind and how to see where."""
    text = " ".join(str(error).split()) or "no message"
    if _foreseen(error):
        return text
    return f"{type(error).__name__}: {text[:400]}" + ("" if debug else " (--debug shows where)")


def _kinds() -> dict[str, int]:
    """Return the exit codes of the errors that we raise ourselves, by the name of their class."""
    bad = (
        "AskedError",
        "ParamsError",
        "DatasetError",
        "ClaimError",
        "NoCluster",
        "NoDevice",
        "NotJudged",
        "NotWritable",
        "WriteupError",
        "OwnError",
        "UnknownActivation",
    )
    busy, failed = ("Busy", "LostScheduler"), ("DiskFull", "FetchError", "ReportError", "PublishError")
    return {**dict.fromkeys(bad, BAD_INPUT), **dict.fromkeys(busy, BUSY), **dict.fromkeys(failed, 1)}


def _foreseen(error: Exception) -> bool:
    """Say whether an error is one of ours, whose message stands alone."""
    return type(error).__name__ in _kinds() and type(error).__module__.startswith("acts")


def _code(error: Exception) -> int:
    """Return the exit code that an error ends with."""
    return _kinds()[type(error).__name__] if _foreseen(error) else 1


if __name__ == "__main__":
    sys.exit(main())
