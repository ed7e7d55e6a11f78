"""What may stand in the repository: our own files, without traces of the machine that they were written on."""

import re
from pathlib import Path

from config import ROOT
from tests.architecture.sources import tracked

TEXT = {
    ".py", ".js", ".html", ".css", ".md", ".toml", ".txt", ".in", ".json", ".yaml", ".yml", ".sh", ".mako", ".ini",
    ".conf", ".svg", "",
}  # fmt: skip
HERE = Path(__file__).resolve()


def written() -> list[Path]:
    return [file for file in tracked() if file.suffix in TEXT and file != HERE]


def found(pattern: str, allowed: tuple[str, ...] = ()) -> set[str]:
    wanted = re.compile(pattern)
    return {
        f"{name}: {match[0]}"
        for file in written()
        if (name := file.relative_to(ROOT).as_posix()) and not name.startswith(allowed)
        for match in wanted.finditer(file.read_text(errors="replace"))
    }


def test_nothing_is_left_to_do() -> None:
    assert not found(r"\b(TODO|FIXME|XXX|HACK)\b", ("docs/whiteboard.md",)) - {"docs/whiteboard.md: XXX"}
    assert not found(r"raise NotImplementedError|^\s*\.\.\.\s*$", ("tests/",))


def test_no_path_of_a_machine_is_written_down() -> None:
    assert not found(r"(?<![\w.}-])/(?:work|root|home/\w+|Users/\w+)/[\w.]+|[A-Z]:\\\\Users", ("Dockerfile", "deploy/"))


def test_no_temporary_folder_is_written_down() -> None:
    assert not found(r"(?<![\w.}])/tmp/\w+", ("Dockerfile", "compose.yaml", "deploy/", "tests/"))


def test_no_address_of_a_registry_is_written_down() -> None:
    assert not found(
        r"(?i)(?:--(?:extra-)?index-url|registry\s*=\s*http|resolved\"\s*:\s*\"https?://(?!registry\.npmjs\.org/))"
    )


def test_no_secret_is_written_down() -> None:
    keys = r"-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-[A-Za-z0-9]{20,}|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{30,}"
    assert not found(keys)
    assert not [file for file in tracked() if file.name == ".env" or file.suffix in {".pem", ".key", ".db", ".sqlite"}]


def test_no_file_of_others_is_kept() -> None:
    vendor = {"vendor", "node_modules", "site-packages", "dist", "__pycache__"}
    assert not [file for file in tracked() if vendor & set(file.relative_to(ROOT).parts)]
    assert not [file for file in tracked() if re.search(r"\.min\.|\.map$|\.woff2?$|\.ttf$|\.whl$|\.pyc$", file.name)]
    theirs = r"@license\b|/\*!\s*\w|Licensed under the|\(c\) 20\d\d (?!.*elearn)|sourceMappingURL="
    assert not found(theirs, ("LICENSE", "package-lock.json", "tests/"))


def test_every_file_is_small_enough_to_be_ours() -> None:
    locks = {"requirements.txt", "requirements-dev.txt", "package-lock.json"}
    large = {file.relative_to(ROOT).as_posix() for file in tracked() if file.stat().st_size > 200_000}
    assert {name for name in large - locks if not name.endswith((".png", ".po"))} == set()


def test_text_files_end_with_a_line() -> None:
    wrong = [
        file.relative_to(ROOT).as_posix()
        for file in written()
        if (content := file.read_bytes()) and (not content.endswith(b"\n") or b"\r\n" in content)
    ]
    assert not wrong
