"""Read the sources as the tests of the architecture see them: files by room, and where in a file something stands."""

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from config import ROOT

HOUSE = ROOT / "elearn"
DOORS = ("blueprints", "api", "sockets", "cli", "jobs")
BELOW = ("services", "permissions", "integrations", "models", "transaction.py", "errors.py", "clock.py")


def files(*rooms: str, suffix: str = ".py") -> list[Path]:
    """Return the files of these rooms of the house; of the whole house when none is named."""
    places = [HOUSE / room for room in rooms] or [HOUSE]
    found = [file for place in places for file in ([place] if place.is_file() else place.rglob(f"*{suffix}"))]
    return sorted(file for file in found if not file.is_relative_to(HOUSE / "static" / "vendor"))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def name_of(file: Path) -> str:
    return file.relative_to(HOUSE if file.is_relative_to(HOUSE) else ROOT).as_posix()


@cache
def walk(file: Path) -> list[tuple[str, ast.AST]]:
    """Return every node with its place, such as `services/chat.py post` or `sockets/upkeep.py Upkeep.beat`."""

    found: list[tuple[str, ast.AST]] = []
    waiting: list[tuple[ast.AST, str]] = [(tree(file), name_of(file))]
    while waiting:
        node, place = waiting.pop()
        for child in ast.iter_child_nodes(node):
            found.append((place, child))
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                waiting.append((child, f"{place}{'.' if ' ' in place else ' '}{child.name}"))
            else:
                waiting.append((child, place))
    return found


def places(found: Callable[[ast.AST], bool], within: Iterable[Path]) -> set[str]:
    """Return the places where such a node stands."""
    return {place for file in within for place, node in walk(file) if found(node)}


def functions(within: Iterable[Path]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for file in within:
        for place, node in walk(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{place}{'.' if ' ' in place else ' '}{node.name}", node


def dotted(node: ast.AST) -> str:
    """Write `db.session.get` of an expression; what is not made of names is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def imported(node: ast.AST) -> list[str]:
    """Return what an import statement brings in, by its full names."""
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files that belong to the repository: those that git knows or would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(file for name in listed.splitlines() if (file := ROOT / name).is_file())
