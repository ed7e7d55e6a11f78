"""Find words that people would see in a template, a script or a module, and that no translator ever gets to see."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

ENVIRONMENT = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True)
SAYING = {"_", "gettext", "ngettext", "lazy", "several", "marked"}
SAID = {"aria-label", "aria-roledescription", "title", "placeholder", "alt", "data-tip", "data-text", "content"}
WORD = re.compile(r"[A-Za-zÄÖÜäöü]{2,}")
SENTENCE = re.compile(r"^[A-Z][a-z]+([ ,.?…]|$)|[a-z]{2,} [a-z]{2,}.*[.?]$")


class Visible(HTMLParser):
    """Collect the text and the attributes that are shown or read out."""

    SILENT = frozenset({"style", "script", "kbd", "code"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += [tag] if tag in self.SILENT else []
        if tag != "meta":
            self.found += [value for name, value in attrs if name in SAID and value and WORD.search(value)]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside and WORD.search(data):
            self.found.append(" ".join(data.split()))


def _markup(source: str) -> str:
    """Return the template without what stands in braces."""
    kept, depth = [], 0
    for _line, kind, text in ENVIRONMENT.lex(source):
        if kind in {"variable_begin", "block_begin", "comment_begin"}:
            depth += 1
        elif kind in {"variable_end", "block_end", "comment_end"}:
            depth -= 1
        elif kind == "data" and depth == 0:
            kept.append(text)
    return "".join(kept)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Yield the texts of expressions, but for those that are asked for by `_`, compared, or given to a class."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAYING:
        for keyword in node.kwargs:
            yield from _constants(keyword)
        return
    if isinstance(node, nodes.Compare | nodes.Test | nodes.FromImport | nodes.Import | nodes.Extends | nodes.Include):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _constants(child)


def in_template(path: Path) -> set[str]:
    source = path.read_text()
    visible = Visible()
    visible.feed(_markup(source))
    tree = ENVIRONMENT.parse(source)
    return {*visible.found, *(text for text in _constants(tree) if SENTENCE.search(text))}


# A text that goes where people see or hear it, not through t() or tn().
SHOWING = re.compile(
    r"""(?:textContent|placeholder|title|ariaLabel|label|message|alt)\s*[=:]\s*(?:[^;,\n]*\?\s*)?["'`]([^"'`\n]+)["'`]"""
    r"""|(?:toast|say|show|describe|HttpError|RoomError|"aria-label",)\(?\s*["'`]([^"'`\n]+)["'`]"""
)


def in_script(path: Path) -> set[str]:
    """Return what a script seems to show as it is: texts with a capital letter or a space."""
    found = {one or other for one, other in SHOWING.findall(path.read_text())}
    return {text for text in found if re.search(r"[A-Z][a-z]|[a-z] [a-z]", re.sub(r"\$\{[^}]*\}", "", text))}


def _never_said(tree: ast.Module) -> set[int]:
    """Return what is said already, documentation, and words for programmers."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in SAYING | {"RuntimeError", "TypeError", "ValueError", "KeyError"} or owner in {"log", "re"}:
                skipped |= {id(part) for part in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
    return skipped


def in_refusals(path: Path) -> set[str]:
    """Return the sentences of errors, forms and flashes in a module that are not looked up in a catalogue."""
    tree = ast.parse(path.read_text())
    skipped = _never_said(tree)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in skipped and _tells(node):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in skipped:
                    found |= {part.value} if SENTENCE.search(part.value) else set()
    return found


def _tells(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    told = {"Forbidden", "NotFound", "Conflict", "Invalid", "RateLimited", "Unavailable", "Unauthenticated"}
    return name in told | {"ValidationError", "DomainError", "flash", "flash_with_undo"} or name.endswith("Field")
