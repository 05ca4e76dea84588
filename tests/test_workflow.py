"""Containers, Binder and continuous integration: the same Python and lock file, and no more rights than they need."""

import json
import re

from test_environment import PYTHONS, ROOT, WORKFLOW, tracked, yaml_of


def instructions(path: str) -> list[tuple[str, str]]:
    """Return a Dockerfile's instructions, each word with its arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / path).read_text(), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_container_has_that_python_and_that_lock() -> None:
    steps = instructions("Dockerfile")
    known = {"FROM", "RUN", "USER", "WORKDIR", "ARG", "COPY", "CMD"}
    assert {word for word, _ in steps} <= known
    assert [given for word, given in steps if word == "FROM"] == [
        f"python:{PYTHONS[0]}-slim-bookworm AS tools",
        "tools AS review",
    ]
    runs = [given for word, given in steps if word == "RUN"]
    assert any(given.endswith("pip install --no-cache-dir -r requirements.lock") for given in runs)
    assert ("ARG", "PIP_EXTRA_INDEX_URL") in steps
    assert [given for word, given in steps if word == "USER"] == ["1000"]
    assert "useradd --create-home --uid 1000 reader" in runs[0]


def test_what_the_container_copies_is_there() -> None:
    copied = [given.split()[1:-1] for word, given in instructions("Dockerfile") if word == "COPY"]
    assert copied == [["requirements.lock"], ["."]]
    assert all((ROOT / name).exists() for names in copied for name in names)


def test_the_container_leaves_out_what_git_does() -> None:
    bare = {line.removeprefix("**/") for line in lines_of(".dockerignore") if not line.startswith("!")}
    ignored = {line.rstrip("/") for line in lines_of(".gitignore")}
    assert bare == {line for line in ignored if not line.startswith("reports/") or line == "reports/*"}


def test_the_container_keeps_what_git_has_among_the_reports() -> None:
    """Docker takes `reports/*/` for files too, so what is not a report is let in by name."""
    let_in = {line[1:] for line in lines_of(".dockerignore") if line.startswith("!")}
    assert let_in == {str(path.relative_to(ROOT)) for path in tracked("reports")}
    assert not [line for line in lines_of(".dockerignore") if line.endswith("/")]


def lines_of(path: str) -> list[str]:
    """Return the lines of a file of patterns, without comments and empty ones."""
    return [line for line in (ROOT / path).read_text().splitlines() if line and not line.startswith("#")]


def test_the_development_container_is_a_stage_of_that_container() -> None:
    given = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    folder = ROOT / ".devcontainer"
    assert (folder / given["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / given["build"]["context"]).resolve() == ROOT
    stages = [step[1].split(" AS ")[1] for step in instructions("Dockerfile") if step[0] == "FROM"]
    assert given["build"]["target"] in stages
    assert f"--uid 1000 {given['remoteUser']}" in (ROOT / "Dockerfile").read_text()
    assert targets(given["postCreateCommand"]) <= goals()


def goals() -> set[str]:
    """Return the targets that the Makefile's menu names."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def targets(command: str) -> set[str]:
    """Return what a shell text asks make for."""
    plain = re.sub(r"\${{.*?}}", "", command)
    return {word for words in re.findall(r"\bmake ([^&|;\n]*)", plain) for word in words.split() if "=" not in word}


# --- continuous integration


def steps() -> list[dict]:
    """Return the steps of all jobs."""
    return [step for job in yaml_of(WORKFLOW)["jobs"].values() for step in job["steps"]]


def test_actions_are_pinned_to_a_commit_whose_version_is_told() -> None:
    used = re.findall(r"uses: (\S+)(.*)", (ROOT / WORKFLOW).read_text())
    assert len(used) == sum("uses" in step for step in steps())
    for action, comment in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    assert len({action for action, _ in used}) == len({action.partition("@")[0] for action, _ in used})


def test_jobs_may_do_no_more_than_they_must() -> None:
    workflow = yaml_of(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    asking = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert asking == {"site": {"pages": "write", "id-token": "write"}}
    text = (ROOT / WORKFLOW).read_text()
    assert "secrets." not in text
    assert "pull_request_target" not in text
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())


def test_what_a_workflow_was_given_never_becomes_a_command() -> None:
    safe = {"${{ matrix.python }}"}
    for step in steps():
        assert set(re.findall(r"\${{.*?}}", step.get("run", ""))) <= safe, step["run"]


def test_the_workflow_runs_what_a_reader_runs() -> None:
    jobs = yaml_of(WORKFLOW)["jobs"]
    asked = {name: targets("\n".join(step.get("run", "") for step in job["steps"])) for name, job in jobs.items()}
    assert asked == {"tests": {"test"}, "review": {"report", "site"}, "site": set()}
    assert {goal for named in asked.values() for goal in named} <= goals()
    assert any(step.get("run") == ".ci/run" for step in jobs["review"]["steps"])
    assert jobs["site"]["needs"] == ["tests", "review"]
    assert jobs["review"]["container"]["image"] == f"python:{PYTHONS[0]}-bookworm"
    choices = yaml_of(WORKFLOW)[True]["workflow_dispatch"]["inputs"]["config"]  # YAML 1.1 reads the key "on" as true
    assert {f"params/{name}.yaml" for name in choices["options"]} <= {
        f"params/{path.name}" for path in (ROOT / "params").glob("*.yaml")
    }


def test_caches_are_of_the_lock_and_of_the_store() -> None:
    kept = [step["with"] for step in steps() if step.get("uses", "").startswith("actions/cache@")]
    assert {given["path"] for given in kept} == {"/tmp/pip", ".store"}
    assert yaml_of(WORKFLOW)["env"]["PIP_CACHE_DIR"] == "/tmp/pip"
    of_pip = [given["key"] for given in kept if given["path"] == "/tmp/pip"]
    assert all("hashFiles('requirements.lock')" in key for key in of_pip)
