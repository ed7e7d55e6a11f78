"""Collect every sentence of the product, bring the catalogues up to date, and make what pages and scripts read.

`make words` rewrites `elearn/translations/<language>/LC_MESSAGES/messages.po` (to be translated by people), and from it
`messages.mo` for Python and the templates and `elearn/static/js/words/<language>.js` for scripts.
"""

import io
import json
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from config import ROOT
from elearn.languages import DEFAULT, LANGUAGES

PACKAGE = ROOT / "elearn"
TRANSLATIONS = PACKAGE / "translations"
SCRIPTS = PACKAGE / "static" / "js"
METHODS = [("**.py", "python"), ("templates/**", "jinja2"), ("static/js/**.js", "javascript")]
OPTIONS = {"templates/**": {"trimmed": "true"}}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy": None,
    "marked": None,
    "ngettext": (1, 2),
    "several": (1, 2),
    "t": None,
    "tn": (1, 2),
}
HEADER = "# The words of elearn in another language. `make words` keeps it in step with the code."
SKIPPED = {"static/vendor", "static/js/words"}


def collect() -> Catalog:
    """Return every sentence with its files; without line numbers, which change with every edit."""
    catalogue = Catalog(project="elearn", charset="utf-8")
    found = extract_from_dir(
        PACKAGE, METHODS, OPTIONS, KEYWORDS, directory_filter=lambda folder: _is_ours(Path(folder))
    )
    for name, _, message, comments, context in found:
        catalogue.add(message, None, [(f"elearn/{name}", None)], auto_comments=comments, context=context)  # type: ignore[list-item]
    return catalogue


def _is_ours(folder: Path) -> bool:
    return str(folder.relative_to(PACKAGE)) not in SKIPPED and folder.name != "__pycache__"


def po_file(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, project="elearn", charset="utf-8", header_comment=HEADER, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, sentences: Catalog) -> Catalog:
    """Return the catalogue with today's sentences: translations are kept, sentences that have gone go."""
    catalogue = read(language)
    catalogue.update(sentences, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, width=120, sort_output=True, omit_header=False, ignore_obsolete=True)
    return out.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def as_script(catalogue: Catalog) -> str:
    """Return the sentences of scripts as a module."""
    words: dict[str, str | list[str]] = {}
    for message in sorted((message for message in catalogue if message.id), key=lambda message: str(message.id)):
        if not any(name.startswith("elearn/static/js/") for name, _ in message.locations) or not message.string:
            continue
        if isinstance(message.id, tuple):
            words[message.id[0]] = list(message.string)
        else:
            words[str(message.id)] = str(message.string)
    body = json.dumps(words, ensure_ascii=False, indent=2)
    return f"// Made by `make words` from elearn/translations/: edit the catalogue there.\nexport default {body};\n"


def missing(catalogue: Catalog) -> list[str]:
    """Return the sentences that have no translation, or lack one of their forms."""
    found = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        if message.id and not all(strings):
            found.append(str(message.id))
    return found


def main() -> None:
    """Write all files anew, and say what is left to translate."""
    sentences = collect()
    for language in LANGUAGES:
        if language == DEFAULT:
            continue
        catalogue = updated(language, sentences)
        path = po_file(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalogue))
        path.with_suffix(".mo").write_bytes(as_mo(catalogue))
        (SCRIPTS / "words" / f"{language}.js").write_text(as_script(catalogue))
        sys.stdout.write(f"{language}: {len(catalogue)} sentences, {len(missing(catalogue))} to translate\n")


if __name__ == "__main__":
    main()
