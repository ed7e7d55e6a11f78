from pathlib import Path

import pytest

from elearn.errors import NotFound
from elearn.integrations.storage import LocalStorage


def test_a_file_comes_back_under_a_name_that_nobody_guesses(tmp_path: Path) -> None:
    shelf = LocalStorage(tmp_path)
    first, second = shelf.save("photos", ".webp", b"one"), shelf.save("photos", ".webp", b"one")
    assert first != second
    assert len(first) == len("0" * 32 + ".webp")
    with shelf.open("photos", first) as file:
        assert file.read() == b"one"
    shelf.delete("photos", first)
    shelf.delete("photos", first)
    with pytest.raises(NotFound):
        shelf.open("photos", first)


def test_no_draft_is_left(tmp_path: Path) -> None:
    name = LocalStorage(tmp_path).save("photos", ".webp", b"one")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name]


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "..",
        "",
        "/etc/passwd",
        "a.webp",
        "0" * 32,
        "0" * 32 + ".webp\n",
        "0" * 32 + "/x.webp",
        "A" * 32 + ".webp",
    ],
)
def test_no_name_from_outside_becomes_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("canary")
    shelf = LocalStorage(tmp_path / "files")
    with pytest.raises(NotFound):
        shelf.open("photos", name)
    with pytest.raises(NotFound):
        shelf.delete("photos", name)
    with pytest.raises(NotFound):
        shelf.save("../photos", ".webp", b"")
