"""What the papers say about settings and commands is what the code knows."""

import re
import subprocess
from pathlib import Path

import pytest

from config import Settings

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {name.upper() for name in Settings.model_fields}
COMPOSE_ONLY = {"POSTGRES_PASSWORD", "HTTP_PORT"}


def test_env_example_has_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE)) == SETTINGS | COMPOSE_ONLY


def test_defaults_in_env_example_are_the_defaults() -> None:
    text = (ROOT / ".env.example").read_text()
    for name, value in re.findall(r"^#([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE):
        if name in COMPOSE_ONLY or name == "INSTANCE_PATH":
            continue
        default = Settings.model_fields[name.lower()].default
        wanted = "" if default in (None, ()) else str(default).lower() if isinstance(default, bool) else str(default)
        assert value == wanted, name


def test_settings_table_of_the_readme_names_real_settings() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)`", readme, re.MULTILINE))
    assert named
    assert named <= SETTINGS


@pytest.mark.parametrize(
    "paper", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_links_between_papers_lead_somewhere(paper: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", paper.read_text()):
        if "://" not in target:
            assert (paper.parent / target).exists(), target


def test_make_help_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    for target in set(phony[1].split()) - {"FORCE"}:
        assert re.search(rf"^  make {target}\s+\w", said, re.MULTILINE), target
