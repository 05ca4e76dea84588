"""The README and the pages of docs/ keep their word: every block is run, every link leads somewhere.

A comment alone on the line above a block says what is done with it instead:

    <!-- not run: REASON -->        nobody runs it here
    <!-- run by: FILE -->           that file holds each of its commands
    <!-- file: PATH -->             it is a file, written there before the page's next block runs
    <!-- add to: PATH -->           it is added to the end of that file
    <!-- change: PATH -->           it is a diff of that file, applied there
    <!-- prints -->                 it is what the block above printed last, an ellipsis for what may differ

A page's sh blocks run in turn in one copy of this checkout, its python blocks one after the other in one process.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import get_args

import pytest
import schema_words

from acts import claims, params
from acts.claims.catalogue import VOCABULARY, Rule
from acts.reports import found, ledger
from acts.stats import decision

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
LANGUAGES = {"sh", "python", "yaml", "toml", "diff", "text", "bibtex"}
RUN = ("sh", "python")
MARK = re.compile(r"<!-- (not run|run by|file|add to|change|prints)(?:: (.+?))? -->")
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
LIMIT = 200  # seconds that one block may take
END = "—— end of what a block prints ——"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and text, the line it begins on, and the mark above it with what the mark says."""

    language: str
    text: str
    line: int
    mark: str = ""
    about: str = ""


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page in order."""
    lines, found, at = text.splitlines(), [], 0
    while at < len(lines):
        if not lines[at].startswith("```"):
            at += 1
            continue
        end = next(place for place in range(at + 1, len(lines)) if lines[place] == "```")
        mark = MARK.fullmatch(lines[at - 1]) if at else None
        told = (mark[1], mark[2] or "") if mark else ("", "")
        found.append(Block(lines[at][3:], "\n".join(lines[at + 1 : end]) + "\n", at + 1, *told))
        at = end + 1
    return found


def prose(text: str) -> str:
    """Return a page without its blocks and its code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def commands(text: str) -> list[str]:
    """Return the commands of an sh block without their comments, a continued line as one."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [command for line in lines if (command := re.sub(r"(^|\s+)#.*", "", line).strip())]


# --- a copy of the review to run in -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what git tracks, or is about to, with the environment linked, as make leaves it."""
    folder = tmp_path_factory.mktemp("docs") / "review"
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if not part.name.startswith("."):
            (folder / ".venv" / part.name).symlink_to(part)
    (folder / ".venv" / ".ready").touch()
    return folder


@pytest.fixture
def review(pristine: Path, tmp_path: Path) -> Path:
    """Return a fresh copy of the review for one page."""
    return Path(shutil.copytree(pristine, tmp_path / "review", symlinks=True))


def environment(review: Path) -> dict[str, str]:
    own = ("ACTS_ROOT", "ACTS_DATA", "MPLBACKEND", "MAKEFLAGS", "MAKELEVEL")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    path = f"{review / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    kept["PYTHONPATH"] = str(review)  # the copy, which a page may change
    return {**kept, "ACTS_STORE": str(review / ".store"), "OMP_NUM_THREADS": "1", "COLUMNS": "120", "PATH": path}


def put(review: Path, block: Block) -> None:
    """Write a block as a file, or add it to one, or apply it as a change of one."""
    path = review / block.about
    path.parent.mkdir(parents=True, exist_ok=True)
    before = "" if block.mark == "file" else path.read_text(encoding="utf-8")
    after = changed(before, block.text) if block.mark == "change" else before + block.text
    path.write_text(after, encoding="utf-8")


def changed(text: str, diff: str) -> str:
    """Return a text with a diff applied, whose kept and removed lines must stand there once, in one piece."""
    old = "".join(f"{line[1:]}\n" for line in diff.splitlines() if line[:1] in " -")
    new = "".join(f"{line[1:]}\n" for line in diff.splitlines() if line[:1] in " +")
    assert text.count(old) == 1, f"these lines stand there {text.count(old)} times:\n{old}"
    return text.replace(old, new)


def shell(review: Path, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=review, env=environment(review), capture_output=True, text=True,
        timeout=LIMIT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def same(told: str, printed: str) -> bool:
    """Return whether lines of a page stand among what was printed, in one piece; an ellipsis is any text of a line."""
    said = [re.sub(r"\s+", " ", line).strip() for line in printed.splitlines()]
    wanted = [re.sub(r"\s+", " ", line).strip() for line in told.splitlines() if line.strip()]
    patterns = [re.compile(".*".join(map(re.escape, line.split("…")))) for line in wanted]
    said = [line for line in said if line]
    places = range(len(said) - len(patterns) + 1)
    return any(all(one.fullmatch(said[at + i]) for i, one in enumerate(patterns)) for at in places)


# --- what runs --------------------------------------------------------------------------------------------------------


def runs(page: str) -> bool:
    """Return whether anything on a page is run here."""
    return any(block.language in RUN and not block.mark for block in blocks(read(page)))


@dataclass
class Reading:
    """A page as it is read: what an sh block printed last, the python to run at the end, what that is to print."""

    page: str
    review: Path
    printed: str = ""
    code: str = ""
    awaited: list[Block] = field(default_factory=list)
    last: str = ""

    def take(self, block: Block) -> None:
        """Do with a block what its language and its mark ask for."""
        if block.mark in ("file", "add to", "change"):
            put(self.review, block)
        elif block.mark == "prints" and self.last == "python":
            self.code += f"print({END!r})\n"
            self.awaited.append(block)
        elif block.mark == "prints":
            self.hold(block, self.printed)
        elif not block.mark and block.language == "sh":
            self.printed = self.run(block.text, f"{self.page}:{block.line}")
        elif not block.mark and block.language == "python":
            self.code += "\n" * (block.line - self.code.count("\n")) + block.text
        self.last = block.language

    def hold(self, block: Block, printed: str) -> None:
        """Hold what a page says that was printed against what was."""
        assert same(block.text, printed), f"{self.page}:{block.line}: not what was printed, which is\n{printed}"

    def run(self, text: str, where: str) -> str:
        done = shell(self.review, text)
        assert done.returncode == 0, f"{where}: ended with {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
        return done.stdout + done.stderr

    def finish(self) -> None:
        """Run the page's python, in lines as on the page."""
        if self.code:
            (self.review / "page.py").write_text(self.code, encoding="utf-8")
            parts = self.run("python page.py", self.page).split(END)
            for block, printed in zip(self.awaited, parts[:-1], strict=True):
                self.hold(block, printed)


@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)])
def test_what_a_page_tells_to_run_runs(page: str, review: Path) -> None:
    reading = Reading(page, review)
    for block in blocks(read(page)):
        reading.take(block)
    reading.finish()


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_and_what_is_not_run_says_why(page: str) -> None:
    for block in blocks(read(page)):
        where = f"{page}:{block.line}"
        assert block.language in LANGUAGES, f"{where}: {block.language!r} is none of {sorted(LANGUAGES)}"
        assert block.mark == "prints" or not block.mark or len(block.about) > 3, f"{where}: {block.mark} says nothing"
    lonely = [line for line in read(page).splitlines() if MARK.search(line)]
    assert len(lonely) == sum(bool(block.mark) for block in blocks(read(page))), f"{page}: a mark without its block"


@pytest.mark.parametrize("page", PAGES)
def test_what_another_test_runs_stands_there(page: str) -> None:
    for block in blocks(read(page)):
        if block.mark != "run by":
            continue
        assert (ROOT / block.about).is_file(), f"{page}:{block.line}: no {block.about}"
        held = re.sub(r"[\s\"',]+", " ", read(block.about))
        for command in commands(block.text) if block.language == "sh" else [block.text.strip()]:
            words = re.sub(r"[\s\"',]+", " ", command.removeprefix(".venv/bin/python -m ").removeprefix(".venv/bin/"))
            assert words.strip() in held or page in read(block.about), f"{page}:{block.line}: {block.about}: {command}"


# --- where links lead -------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#{1,6} (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), flags=re.M)
    plain = (re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads)
    return set(plain)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```$", "", read(page), flags=re.M | re.S)
    for match in LINK.finditer(text):
        target = unescape(match[1] or match[2])
        if re.match(r"(https|mailto):", target):
            continue
        path, _, anchor = target.partition("#")
        file = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert file.exists(), f"{page}: {target} leads nowhere"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{page}: {target} names no heading"


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = re.findall(r"`((?:acts|docs|notebooks|params|tests|reports)/[\w./-]+\.\w+)`", read(page))
    made = re.compile(r"reports/(\w+/|index\.html)|params/mine\.yaml")
    given = {block.about for block in blocks(read(page)) if block.mark == "file"}
    strange = [name for name in named if not (ROOT / name).exists() and not made.match(name) and name not in given]
    assert not strange


def test_the_index_lists_every_page() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)", read("docs/index.md")))
    assert linked == {Path(page).name for page in PAGES if page.startswith("docs/")} - {"index.md"}


def test_the_page_of_the_house_names_every_room_with_its_own_sentence() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", read("docs/house.md"), flags=re.M)
    entries = [path for path in (ROOT / "acts").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    files = {path.stem: path / "__init__.py" if path.is_dir() else path for path in entries if path.stem != "__init__"}
    assert sorted(name for name, _ in rows) == sorted(files)
    for name, told in rows:
        begins = ast.get_docstring(ast.parse(files[name].read_text(encoding="utf-8"))) or ""
        assert told.replace("`", "").lower() in " ".join(begins.replace("`", "").lower().split()), name


def test_every_figure_table_and_claim_that_a_page_names_is_there() -> None:
    notebooks = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    labels = set(re.findall(r"#\| label: ((?:fig|tbl)-[\w-]+)", notebooks))
    known = {claim.id for claim in claims.catalogue()}
    for page in PAGES:
        given = {name for block in blocks(read(page)) for name in re.findall(r"id: (C\d\d)", block.text)}
        assert set(re.findall(r"`((?:fig|tbl)-[\w-]+)`", read(page))) <= labels, page
        assert set(re.findall(r"\bC\d\d\b", read(page))) <= known | given, page


def test_claims_that_the_questions_call_refuted_are() -> None:
    verdicts = {row["claim"]: row["verdict"] for row in ledger.rows(kept()[0])}
    text = read("docs/faq.md")
    reasons = text[text.index("came out refuted") : text.index("### Two claims")]
    assert {name: verdicts[name] for name in re.findall(r"\bC\d\d\b", reasons)} == dict.fromkeys(
        re.findall(r"\bC\d\d\b", reasons), "refuted"
    )
    pair = text[text.index("### Two claims") : text.index("### Why do `smoke`")]
    assert "refuted" not in {verdicts[name] for name in re.findall(r"\bC\d\d\b", pair)}


# --- what was found ---------------------------------------------------------------------------------------------------


def kept() -> tuple[str, dict]:
    folder = ROOT / found.FOLDER
    return (folder / "ledger.csv").read_text(encoding="utf-8"), json.loads((folder / "origin.json").read_text())


def test_the_readme_says_what_was_found_and_nothing_else() -> None:
    assert found.replaced(read("README.md"), found.block(*kept())) == read("README.md")


@pytest.mark.parametrize(("name", "night"), [("verdicts.svg", False), ("verdicts-dark.svg", True)])
def test_its_figure_is_drawn_from_the_excerpt(name: str, night: bool) -> None:
    assert (ROOT / found.FOLDER / name).read_text() == found.picture(kept()[0], night=night)


def test_the_readme_stays_short() -> None:
    assert len(read("README.md").splitlines()) < 200


# --- what a configuration may say -------------------------------------------------------------------------------------


def tables() -> dict[str, list[tuple[str, ...]]]:
    """Return the rows of every table of keys on the page of configurations, by its place in the file."""
    held: dict[str, list[tuple[str, ...]]] = {}
    for part in re.split(r"^#{2,3} ", read("docs/configurations.md"), flags=re.M)[1:]:
        head, _, text = part.partition("\n")
        lines = [re.match(r"\| `(\w+)` \| (.*?) \|(.*?)\| (.+) \|$", line) for line in text.splitlines()]
        rows = [tuple(one.strip() for one in line.groups()) for line in lines if line]
        for place in re.findall(r"`([\w.]+)`", head) or ([""] if head == "The file" else []):
            held[place] = rows
    return held


def test_the_page_of_configurations_lists_every_key_as_the_schema_has_it() -> None:
    told = tables()
    known = schema_words.sections()
    assert set(told) == set(known)
    for place, rows in known.items():
        shown = [(key, form, default.strip("`")) for key, form, default, what in told[place] if what]
        assert shown == rows, place


# --- what else the README counts and names ----------------------------------------------------------------------------


def inline(page: str) -> list[str]:
    """Return what stands in code within a page's sentences and tables."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", read(page), flags=re.M | re.S))


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_targets_that_sentences_name_are_there(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.M))
    known = set(re.findall(r"^### acts (\w+)$", read("docs/commands.md"), flags=re.M))
    for code in inline(page):
        words = re.sub(r"^(\.venv/bin/)?(python -m )?(?=acts )", "", code).split()
        if words[0] == "acts" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in known, f"{page}: {code}"
        if words[0] == "make" and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
            assert words[1] in targets, f"{page}: {code}"


def test_the_readme_names_every_configuration() -> None:
    part = read("README.md").partition("## Configurations")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, flags=re.M)) == set(params.configurations())


def test_the_readme_counts_claims_and_data_sets_as_they_are() -> None:
    text = read("README.md")
    assert f"| {len(claims.catalogue())} claims, one row each" in text
    rows = read("docs/datasets.md").partition("## Always there")[2].partition("## Published")[0]
    counts = {"Sixteen": 16, "Seventeen": 17, "Eighteen": 18, "Nineteen": 19, "Twenty": 20}
    told = re.search(r"(\w+) \[data sets\]", text)
    assert told is not None
    assert counts[told[1]] == len(re.findall(r"^\| `", rows, flags=re.M))


# --- what a rule may say ----------------------------------------------------------------------------------------------


def words_of(table: str) -> list[str]:
    """Return the words in code in the first column of a table of the page on verdicts, given by its heading."""
    _, _, rest = read("docs/verdicts.md").partition(f"| {table} |")
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [word for line in lines for word in re.findall(r"`(\w+)`", line.split(" | ")[0])]


def test_the_page_on_verdicts_knows_every_degree_quantifier_and_kind_of_rule() -> None:
    assert set(words_of("degree")) == set(get_args(decision.Degree))
    assert set(words_of("quantifier")) == set(get_args(decision.Quantifier))
    kinds = {word for rule in get_args(get_args(Rule)[0])
             for word in get_args(rule.model_fields["kind"].annotation)}  # fmt: skip
    assert set(words_of("kind of rule")) == kinds


def test_the_page_on_claims_explains_every_key_of_one() -> None:
    table = read("docs/claims.md").partition("| key |")[2].partition("\n\n")[0]
    keys = [key for line in table.splitlines()[2:] for key in re.findall(r"`(\w+)`", line.split(" | ")[0])]
    assert set(keys) == set(claims.Claim.model_fields)


@pytest.mark.parametrize("page", ["README.md", "docs/verdicts.md"])
def test_the_words_of_verdicts_are_all_explained(page: str) -> None:
    for word in VOCABULARY:
        assert re.search(rf"^\| {word} \||\*\*{word}\*\*|\*{word}\*", read(page), flags=re.M | re.I), word


def test_the_readme_s_own_function_is_the_one_in_its_configuration() -> None:
    (block,) = [block.text for block in blocks(read("README.md")) if block.language == "yaml"]
    assert block.strip() in read("params/yours.yaml").splitlines()
