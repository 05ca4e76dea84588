"""Plugins: the Python files that a configuration names, and what they import from beside them, read and not run."""

import ast
import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path

APART = {"acts", "torch"}  # packages that count otherwise, wherever they lie: by their own rooms, and by the version
INSTALLED = {"site-packages", "dist-packages"}  # what lies there is told apart by its version


def files(path: Path) -> list[Path]:
    """Return a Python file and, behind it, the files of its own folder or package that it imports, and they in turn.

    Of what is installed, and not in place, it is the file alone.
    """
    found, package = [path], _package(path)
    if INSTALLED & set(path.parts) or (package.name in APART and (package / "__init__.py").is_file()):
        return found
    for one in found:  # which grows
        found += [other for other in dict.fromkeys(_imported(one)) if other not in found]
    return found


def modules(path: Path) -> dict[str, Path]:
    """Return the modules that a Python file imports from its own folder, by the names that Python gives them."""
    named = {one: one.relative_to(path.parent).with_suffix("") for one in files(path)[1:] if path.parent in one.parents}
    parts = {one: place.parts[:-1] if place.name == "__init__" else place.parts for one, place in named.items()}
    return {".".join(words): one for one, words in parts.items()}


def digest(path: Path) -> str:
    """Return the sha256 of a Python file, of all its ``files`` where there are more, an empty word for no file."""
    if not path.is_file():
        return ""
    contents = [one.read_bytes() for one in sorted(files(path))]
    parts = contents if len(contents) == 1 else [hashlib.sha256(content).digest() for content in contents]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def registered_in(path: Path) -> list[str]:
    """Return the names of the functions that a Python file, or one that it imports, decorates with ``register``.

    A file that cannot be read or parsed gives none; whoever runs it will say what is wrong.
    """
    functions = [node for one in files(path) for node in _tree(one).body if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if any(_registers(decorator) for decorator in node.decorator_list)]


def _registers(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return getattr(called, "attr", getattr(called, "id", "")) == "register"


def _tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, an empty one where it cannot be read or parsed."""
    try:
        with warnings.catch_warnings():  # of the file's own spelling, which it gives when it is run
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ast.Module([], [])


def _imported(path: Path) -> Iterator[Path]:
    """Yield the files that the import statements of a file mean, as far as they lie in its folder or its package."""
    package = _package(path)
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            wanted = [(path.parent, alias.name) for alias in node.names]
            wanted += [(package.parent, name) for _, name in wanted if name.split(".")[0] == package.name]
        elif isinstance(node, ast.ImportFrom):
            wanted = list(_from(node, path, package))
        else:
            continue
        for folder, name in wanted:
            if name.split(".")[0] not in APART:
                yield from _files_of(folder, name.split("."))


def _from(node: ast.ImportFrom, path: Path, package: Path) -> Iterator[tuple[Path, str]]:
    """Yield the folders and dotted names that ``from … import …`` may mean: a module, and what is in it."""
    module = node.module or ""
    for alias in node.names:
        name = f"{module}.{alias.name}".strip(".")
        if node.level:
            yield path.parents[min(node.level, len(path.parents)) - 1], name
        else:
            yield path.parent, name
            if name.split(".")[0] == package.name:
                yield package.parent, name


def _package(path: Path) -> Path:
    """Return the outermost package that a file is in, its folder where it is in none."""
    folder = path.parent
    while (folder / "__init__.py").is_file() and (folder.parent / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _files_of(folder: Path, parts: list[str]) -> Iterator[Path]:
    """Yield the files that are run when a dotted name is imported from a folder."""
    for count in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:count])
        yield from (one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file())
