"""What people see stands in a catalogue: nothing is written into templates, scripts and refusals as it is."""

from pathlib import Path

import pytest
from jinja2 import nodes

from tests.architecture.sources import files, name_of
from tests.languages import english

DEVELOPERS = ("templates/look/", "templates/api/")  # the gallery, and the readers of the API's document
TEMPLATES = [file for file in files("templates", suffix="") if file.suffix in {".html", ".txt"}]
PAGES = [file for file in TEMPLATES if not name_of(file).startswith(DEVELOPERS)]
SCRIPTS = [
    file
    for file in files("static/js", suffix=".js")
    if not name_of(file).startswith(("static/js/words/", "static/js/api/"))
]
MODULES = [
    file for room in ("blueprints", "api", "sockets", "services", "permissions", "integrations") for file in files(room)
]

NAMES = {"elearn", "elearn ·"}  # what is called the same in all languages
CLASSES = {"auth", "btn btn-", "full", "page-narrow", "shell"}  # of CSS, in blocks and joined texts
OF_THE_OPERATOR = {"services/demo.py", "blueprints/look/forms.py"}  # seen at the terminal, and in the gallery


def as_lines(found: dict[Path, set[str]]) -> list[str]:
    return sorted(f"{name_of(file)}: {text}" for file, texts in found.items() for text in texts)


def test_templates_say_nothing_that_is_not_in_a_catalogue() -> None:
    assert len(PAGES) > 40
    assert as_lines({file: english.in_template(file) - NAMES - CLASSES for file in PAGES}) == []


def test_scripts_say_nothing_that_is_not_in_a_catalogue() -> None:
    assert len(SCRIPTS) > 40
    assert as_lines({file: english.in_script(file) for file in SCRIPTS}) == []


def test_refusals_and_labels_say_nothing_that_is_not_in_a_catalogue() -> None:
    assert len(MODULES) > 80
    found = {file: english.in_refusals(file) for file in MODULES if name_of(file) not in OF_THE_OPERATOR}
    assert as_lines(found) == []


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("<p>Save the course</p>", {"Save the course"}),
        ('<p aria-label="Places">{{ _("Save") }}</p>', {"Places"}),
        ('{{ button("Save course") }}', {"Save course"}),
        ('{{ button(_("Save course"), kind="primary") }}<p>{{ name }} {# Not seen #}</p>', set()),
    ],
)
def test_the_reader_of_templates_finds_what_is_not_said(tmp_path: Path, markup: str, seen: set[str]) -> None:
    page = tmp_path / "page.html"
    page.write_text(markup)
    assert english.in_template(page) == seen


def test_the_readers_of_code_find_what_is_not_said(tmp_path: Path) -> None:
    script, module = tmp_path / "some.js", tmp_path / "some.py"
    script.write_text('line.textContent = "Nobody is here";\nline.title = t("Somebody");\ntoast("It is Saved");\n')
    assert english.in_script(script) == {"Nobody is here", "It is Saved"}
    module.write_text('raise NotFound("This is gone.")\nflash(_("Saved."), "success")\nlog.info("Some words here.")\n')
    assert english.in_refusals(module) == {"This is gone."}


def test_no_macro_file_keeps_the_words_of_its_first_reader() -> None:
    # What stands outside of macros in an imported file is worked out once for all readers.
    imported = [file for file in PAGES if "macros" in file.parts or file.name.startswith("_")]
    assert imported
    kept = []
    for file in imported:
        tree = english.ENVIRONMENT.parse(file.read_text())
        if not any(isinstance(node, nodes.Macro) for node in tree.body) or "classroom" in file.parts:
            continue  # it is included, and works things out each time
        for node in tree.body:
            said = node.find_all(nodes.Name) if isinstance(node, nodes.Assign | nodes.AssignBlock) else ()
            kept += [name_of(file) for name in said if name.name in english.SAYING]
    assert kept == []


def test_nothing_hides_the_underscore_of_the_catalogue() -> None:
    # `for _ in ...` or `{% set _ = ... %}` would turn every sentence behind it into a call of something else.
    hidden = [
        f"{name_of(file)}:{node.lineno}"
        for file in TEMPLATES
        for node in english.ENVIRONMENT.parse(file.read_text()).find_all(nodes.Name)
        if node.name == "_" and node.ctx == "store"
    ]
    assert hidden == []
