"""Where files are kept. Names are random and made here: nothing from outside ever becomes a path."""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from elearn.errors import NotFound
from elearn.extensions import current_settings
from elearn.languages import _

_SHELF = re.compile(r"[a-z]{1,20}")
_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{1,8}")


class Storage(Protocol):
    """Keep files on shelves (`photos`), each under a name of its own."""

    def save(self, shelf: str, suffix: str, data: bytes) -> str:
        """Keep the bytes, all or nothing, and return their new name."""

    def open(self, shelf: str, name: str) -> BinaryIO:
        """Return the file for reading, or raise `NotFound`."""

    def delete(self, shelf: str, name: str) -> None:
        """Remove the file; one that is gone already is no error."""

    def names(self, shelf: str, *, before: datetime) -> Iterator[str]:
        """Name the files that were kept before this moment, drafts that nobody finished among them."""


class LocalStorage:
    """Keep the files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, shelf: str, suffix: str, data: bytes) -> str:
        name = secrets.token_hex(16) + suffix
        path = self._path(shelf, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        try:
            draft.write_bytes(data)
            draft.replace(path)  # whoever reads sees the whole file or none
        finally:
            draft.unlink(missing_ok=True)
        return name

    def open(self, shelf: str, name: str) -> BinaryIO:
        try:
            return self._path(shelf, name).open("rb")
        except FileNotFoundError as error:
            raise NotFound(_("This file is not here any more.")) from error

    def delete(self, shelf: str, name: str) -> None:
        self._path(shelf, name).unlink(missing_ok=True)

    def names(self, shelf: str, *, before: datetime) -> Iterator[str]:
        folder = self._folder / shelf
        for path in folder.iterdir() if folder.is_dir() else ():
            if _NAME.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
                yield path.name

    def _path(self, shelf: str, name: str) -> Path:
        if not _SHELF.fullmatch(shelf) or not _NAME.fullmatch(name):
            raise NotFound(_("There is no such file."))
        return self._folder / shelf / name


def storage() -> Storage:
    """Return the storage that the settings choose."""
    return LocalStorage(current_settings().instance_path.absolute() / "files")
