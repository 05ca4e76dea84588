"""The command line, ``python -m acts COMMAND``: `python -m acts --help` lists the commands.

It ends with 0 when all is good, 1 when something failed, 2 for bad input, 75 when busy or cut off, 130 when stopped.
Every command imports what it needs when it is called, so a typo costs no import of torch.
"""

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

BAD_INPUT, BUSY, INTERRUPTED = 2, 75, 130


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line and exit with 2."""
        self.exit(BAD_INPUT, f"acts: {message} (python -m acts --help says more)\n")


def parser() -> _Parser:
    """Return the parser of the command line."""
    top = _Parser(prog="acts", description="The executable review of activation functions.")
    shared = _Parser(add_help=False)
    shared.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("run", parents=[shared], help="plan, compute what is missing, publish the records")
    run.add_argument(
        "--engine",
        metavar="ENGINE",
        type=_engine,
        help="where to compute, instead of what CONFIG says: serial, local, tcp://HOST:PORT, tls://HOST:PORT or"
        " scheduler-file:PATH",
    )
    run.add_argument(
        "--insecure-cluster",
        action="store_true",
        help="use a plain address that is not loopback, though whoever reaches it can run code as you",
    )
    run.add_argument("--dry", action="store_true", help="only say what is missing and what it would cost")
    judge = commands.add_parser("judge", parents=[shared], help="judge the published records, write the ledger")
    render = commands.add_parser(
        "render", parents=[shared], help="execute the notebooks, write HTML, PDF and the index"
    )
    for command in (run, judge, render):
        command.add_argument("config", metavar="CONFIG", help="a name in params/, or the path of a YAML file")
    _add_writeup(commands, shared)
    commands.add_parser("site", parents=[shared], help="write reports/index.html: the configurations side by side")
    differing = commands.add_parser("compare", parents=[shared], help="list the claims on which two ledgers differ")
    for side in ("first", "second"):
        differing.add_argument(side, metavar="CONFIG", help="a configuration that was judged")
    differing.add_argument("--json", action="store_true", help="say it as JSON")
    commands.add_parser("verify", parents=[shared], help="read and check every stored file, set aside what is damaged")
    doctor = commands.add_parser("doctor", parents=[shared], help="say what this machine can do")
    doctor.add_argument("--json", action="store_true", help="say it as JSON")
    fetch = commands.add_parser("fetch", parents=[shared], help="download published data sets into ACTS_DATA")
    fetch.add_argument("names", nargs="+", metavar="NAME", help="a data set, as `list datasets` names it")
    _add_functions(commands, shared)
    bench = commands.add_parser("bench", parents=[shared], help="measure training, engine, store and report here")
    bench.add_argument(
        "parts", nargs="*", metavar="PART", help="training, engine, store or report; all, if none is named"
    )
    bench.add_argument("--quick", action="store_true", help="three repetitions instead of seven")
    listing = commands.add_parser("list", parents=[shared], help="list what there is")
    listing.add_argument("what", choices=("activations", "claims", "configurations", "datasets", "experiments"))
    return top


def _add_writeup(commands: Any, shared: _Parser) -> None:
    """Add the command that writes an article."""
    article = commands.add_parser("writeup", parents=[shared], help="write a short article about a few claims")
    article.add_argument(
        "--claims", metavar="C25,C46", required=True, help="what it is about, as `list claims` names it"
    )
    article.add_argument("--activations", metavar="NAME,…", default="", help="functions to highlight in the figures")
    article.add_argument("--title", required=True, help="what stands above it")
    article.add_argument("--author", metavar="NAME", action="append", default=[], help="who writes it; may be repeated")
    article.add_argument("--config", metavar="CONFIG", default="cpu", help="whose records it reads (default: cpu)")
    article.add_argument("--out", metavar="DIR", help="where to put it (default: reports/CONFIG/writeups)")


def _add_functions(commands: Any, shared: _Parser) -> None:
    """Add the commands that are about one activation."""
    shown = commands.add_parser("show", parents=[shared], help="show what an activation is and what follows from it")
    shown.add_argument("name", metavar="NAME", help="an activation, as `list activations` names it, or a variant")
    shown.add_argument("--json", action="store_true", help="say it as JSON")
    checked = commands.add_parser("check", parents=[shared], help="hold an activation against all that is asked of one")
    checked.add_argument("wanted", metavar="WHAT", help="a Python file that registers some, a formula in x, or a name")
    checked.add_argument(
        "--let", metavar="LETTER=NUMBER", action="append", type=_letter, default=[], help="a parameter of the formula"
    )
    checked.add_argument("--json", action="store_true", help="say it as JSON")


def _letter(text: str) -> tuple[str, float]:
    """Return a letter with its number."""
    letter, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = float("nan")
    if not letter.isidentifier() or not abs(value) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} should be LETTER=NUMBER, as beta=1.5")
    return letter, value


def _engine(text: str) -> str:
    """Return an engine as it is used: the file of a scheduler is meant from the folder that the command is given in."""
    from pathlib import Path

    from acts.engine import addresses

    if not addresses.known(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not {addresses.FORMS}")
    name = addresses.file(text)
    return text if name is None else f"{addresses.FILE}{Path.cwd() / Path(name).expanduser()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit code."""
    given = parser().parse_args(arguments)
    try:
        signal.signal(signal.SIGTERM, _stop)
        return _command(given)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return _told("interrupted; what was finished is kept, run the same again to go on", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception as error:
        if given.debug:
            traceback.print_exc()
        if table := getattr(error, "table", ""):
            print(table, file=sys.stderr)
        return _told(_line(error, debug=given.debug), _code(error))


def _command(given: argparse.Namespace) -> int:
    """Carry out one command and return its exit code; a configuration is read before anything heavy is imported."""
    if hasattr(given, "config"):
        from acts import params

        params.load(given.config)
    if given.command == "run":
        from acts import publish

        return publish.run(given.config, engine=given.engine, insecure=given.insecure_cluster, dry=given.dry)
    if given.command == "judge":
        from acts import publish

        return publish.judge(given.config)
    if given.command == "render":
        from acts import publish

        return publish.render(given.config)
    if given.command == "writeup":
        return _writeup(given)
    if given.command == "site":
        from acts import publish

        return publish.site()
    if given.command == "compare":
        from acts import compare

        return compare.compare(given.first, given.second, as_json=given.json)
    if given.command == "show":
        from acts import show

        return show.show(given.name, as_json=given.json)
    if given.command == "check":
        from acts import check

        return check.check(given.wanted, letters=dict(given.let), as_json=given.json)
    if given.command == "bench":
        from acts.bench import run

        return run.run(given.parts, quick=given.quick)
    if given.command == "verify":
        from acts.engine import store, verify

        return verify.verify(store.default())
    if given.command == "doctor":
        from acts import doctor

        return doctor.tell(as_json=given.json)
    if given.command == "fetch":
        return _fetch(given.names)
    return _list(given.what)


def _writeup(given: argparse.Namespace) -> int:
    """Write an article and say where its page and its PDF are."""
    from pathlib import Path

    from acts import writeups

    asked = writeups.Asked(
        tuple(given.claims.split(",")), tuple(given.activations.split(",")), given.title, tuple(given.author)
    )
    for path in writeups.write(given.config, asked, out=Path(given.out).expanduser() if given.out else None):
        print(f"made: {path}")
    return 0


def _fetch(names: Sequence[str]) -> int:
    """Download published data sets and say what comes from where; every name is looked up before the first download."""
    from acts import datasets

    for name in names:
        datasets.source(name)
    for name in names:
        datasets.fetch(name)
    return 0


def _list(what: str) -> int:
    """Print the names of one kind, one a line."""
    print("\n".join(_names(what)))
    return 0


def _names(what: str) -> list[str]:
    """Return the names of one kind."""
    if what == "configurations":
        from acts import params

        return params.configurations()
    if what == "claims":
        from acts import claims

        return [f"{claim.id}  {claim.claim}" for claim in claims.catalogue()]
    if what == "datasets":
        from acts import datasets

        return datasets.names()
    if what == "experiments":
        from acts.engine import keys

        return keys.words()
    from acts import activations

    return activations.names()


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
