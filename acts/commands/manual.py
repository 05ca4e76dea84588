"""Manual: docs/commands.md, written from the same pages as ``--help``."""

import textwrap

from acts import commands
from acts.commands.page import Page, Parser, spelt

WIDTH = 120

OPENING = """\
# Commands

`acts` is installed into `.venv/bin`; `python -m acts` is the same. It works from any folder inside the review; from
elsewhere it finds the review that it was installed from, or the one that `ACTS_ROOT` names. `acts` alone prints the
menu, `acts COMMAND --help` what stands below. This page is written by `python -m acts.commands > docs/commands.md`.

Tables fold and leave columns out where a terminal is narrow. Where the output is piped, nothing is wrapped or
coloured, and a row of a table is a line with tabs between its cells. `NO_COLOR` is heeded.

Every command takes `--json`: standard output is then one JSON document, whose shape is given below, and progress goes
to standard error. An infinity is the text `inf` or `-inf`, what is not known is `null`. Where a command could not do
its work, standard output is empty and the last line of standard error says why; `--debug` adds the traceback.

Every command ends with 2 for bad input: one line says what was wrong and what was possible, and nothing was done. It
ends with 130 where it was interrupted; what was finished is kept.

To have the words completed by bash, or by zsh after `autoload bashcompinit && bashcompinit`:

<!-- run by: tests/test_commands.py -->
```sh
eval "$(acts --completion)"
```
"""


def written() -> str:
    """Return the page."""
    parser = commands.parser()
    parts = [OPENING]
    for heading, words in commands.GROUPS.items():
        parts.append(f"## {heading}\n")
        parts += [_command(commands.part_of(parser, word), commands.module(word).PAGE) for word in words]
    return "\n".join(parts)


def _command(parser: Parser, page: Page) -> str:
    told = [f"### {parser.prog}", "", f"{page.summary[0].upper()}{page.summary[1:]}.", ""]
    told += [*textwrap.wrap(" ".join(page.about.split()), WIDTH), ""]
    told += ["<!-- run by: tests/test_commands.py -->", "```sh"]
    widest = max(len(line) for line, _ in page.examples)
    short = widest <= 48
    for line, does in page.examples:
        told += [f"{line:<{widest}}  # {does}"] if short else [f"# {does}", line]
    told += ["```", "", "| | |", "|---|---|"]
    taken = [action for action in parser.options() if action.dest not in ("json", "debug")]
    told += [f"| `{_cell(spelt(action))}` | {_cell(action.help or '')} |" for action in taken]
    told += [f"| reads | {_cell(page.reads)} |"] if page.reads else []
    told += [f"| writes | {_cell(page.writes)} |", f"| JSON | {_cell(_shape(page.json))} |"]
    told += [f"| ends with {code} | {_cell(meaning)} |" for code, meaning in sorted(page.codes.items())]
    return "\n".join([*told, ""])


def _shape(told: str) -> str:
    """Return what is said of the JSON with every shape in it set as code."""
    parts, depth = [], 0
    for letter in told:
        opens, closes = letter in "{[", letter in "}]"
        parts.append("`" * (opens and depth == 0) + letter + "`" * (closes and depth == 1))
        depth += opens - closes
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
