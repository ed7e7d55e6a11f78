"""What must not stand in templates, scripts and styles: the content security policy, the tokens and the macros hold."""

import re
from pathlib import Path

import pytest

from config import ROOT
from tests.architecture.sources import HOUSE, files, name_of

TEMPLATES = files("templates", suffix=".html")
SCRIPTS = files("static", suffix=".js")
STYLES = files("static", suffix=".css")


def standing(pattern: str, within: list[Path], flags: int = 0) -> set[str]:
    """Return what was found, as `file: text`."""
    wanted = re.compile(pattern, flags)
    return {f"{name_of(file)}: {found[0].strip()}" for file in within for found in wanted.finditer(file.read_text())}


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("within", [TEMPLATES, SCRIPTS, STYLES], ids=["templates", "scripts", "styles"])
def test_there_is_something_to_read(within: list[Path]) -> None:
    assert len(within) > 5


def test_templates_have_no_inline_scripts() -> None:
    inline = standing(r"<script\b(?![^>]*\bsrc=)[^>]*>", TEMPLATES)
    # The import map must stand in the page; it carries the nonce of the response.
    script = '<script type="importmap" nonce="{{ csp_nonce() }}">'
    assert inline == {f"templates/layouts/{name}.html: {script}" for name in ("room", "app")}


def test_templates_have_no_inline_styles() -> None:
    # Mail programs drop style sheets, and no policy of ours reaches them.
    pages = [file for file in TEMPLATES if not name_of(file).startswith("templates/emails/")]
    assert not standing(r"<style\b|\sstyle\s*=", pages)


def test_templates_have_no_inline_handlers() -> None:
    assert not standing(r"""\son[a-z]+\s*=\s*["'{]|javascript:""", TEMPLATES, re.IGNORECASE)


def test_scripts_never_make_html_of_text() -> None:
    forbidden = (
        r"\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|createContextualFragment|DOMParser|setHTMLUnsafe)\b"
        r"|document\.write|\beval\s*\(|\bnew Function\b|setTimeout\s*\(\s*[\"'`]|setInterval\s*\(\s*[\"'`]"
        r"|javascript:|setAttribute\(\s*[\"'](on|style)"
    )
    allowed = {
        # A page of our own, fetched again: its parts are moved over, and a document that is parsed runs nothing.
        "static/js/ui/filters.js: DOMParser",
        "static/js/notifications/centre.js: DOMParser",
        "static/js/statuses/feed.js: DOMParser",
    }
    assert standing(forbidden, SCRIPTS) <= allowed


def test_there_is_one_fetch_and_one_socket() -> None:
    asking = standing(r"(?<![.\w#])fetch\(|\bXMLHttpRequest\b|\bEventSource\b|\bsendBeacon\b", SCRIPTS)
    assert asking == {"static/js/lib/http.js: fetch("}
    opening = {found.partition(":")[0] for found in standing(r"socket\.io-client|\bnew WebSocket\b", SCRIPTS)}
    assert opening == {"static/js/lib/socket.js"}


COLOUR = (
    r"#[0-9a-fA-F]{3,8}\b(?![^;{]*\{)|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\("
    r"|(?<![\w-])(?:white|black|red|green|blue|yellow|orange|purple|gray|grey|navy|teal)(?![\w-])"
)


def test_colours_stand_in_the_tokens_alone() -> None:
    allowed = {
        # The squares of the cloth beside the sign-in: light lines on cloth, in both themes.
        "static/css/layout.css: rgb(",
    }
    found = {
        f"{name_of(file)}: {colour[0]}"
        for file in STYLES
        if file.name != "tokens.css"
        for value in re.findall(r":([^;{}]+)[;}]", without_comments(file.read_text()))
        for colour in re.finditer(COLOUR, value)
    }
    assert found <= allowed, found - allowed


def test_scripts_draw_with_the_tokens() -> None:
    allowed = {
        # The bar of a phone's browser, before the first style is read.
        'static/js/theme.js: "#161c19"',
        'static/js/theme.js: "#ffffff"',
        # ReDoc computes shades of it and cannot read a custom property.
        'static/js/api/redoc.js: "#17604b"',
        # Puts together what it read from the tokens.
        'static/js/classroom/board/palette.js: `rgb(${color.join("',
    }
    found = standing(r"""["'`](?:#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?|rgba?\([^"'`]*)["'`]""", SCRIPTS)
    assert found <= allowed
    tokens = (HOUSE / "static" / "css" / "tokens.css").read_text().lower()
    assert not [one for one in allowed if (hexa := re.search(r"#\w{6}", one)) and hexa[0] not in tokens]


def test_every_custom_property_that_is_used_is_defined() -> None:
    text = "".join(without_comments(file.read_text()) for file in STYLES)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    set_by_scripts = {name for file in SCRIPTS for name in re.findall(r"(--[\w-]+)", file.read_text())}
    used = set(re.findall(r"var\((--[\w-]+)\s*\)", text))
    assert {name for name in used - defined - set_by_scripts if not name.startswith("--bs-")} == set()


def test_docs_name_every_public_macro() -> None:
    told = (ROOT / "docs" / "look.md").read_text()
    macros = [
        (name_of(file), name)
        for file in files("templates/macros", suffix=".html")
        for name in re.findall(r"{%-?\s*macro\s+(\w+)", file.read_text())
        if not name.startswith("_")
    ]
    assert macros
    assert not [(file, name) for file, name in macros if not re.search(rf"\b{name}\(", told)]


def test_every_module_that_a_template_mounts_exists() -> None:
    mounted = {
        name
        for file in [*TEMPLATES, *files("blueprints")]
        for name in re.findall(r"""data-module["']?\s*[=:]\s*["']([\w/-]+)["']""", file.read_text())
    }
    assert mounted
    scripts = {name_of(file) for file in SCRIPTS}
    assert not {name for name in mounted if f"static/js/{name}.js" not in scripts}
