"""Copy the browser libraries from node_modules into elearn/static/vendor/ and write the manifest that pages read.

Every file is written beside its place and then renamed, and the manifest comes last: an interrupted run leaves
either the old manifest with its files or the new one with its files, never a mixture. Run it by `make assets`.
"""

import base64
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
STATIC = ROOT / "elearn" / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"

_CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")


@dataclass(frozen=True)
class Library:
    """Name one npm package, the folder its files get, and the files that pages ask for by name."""

    package: str
    files: dict[str, str]  # the name after "<folder>/" in the manifest -> the path inside the package
    base: str = ""  # the part of that path that the copy leaves out
    needed: bool = True  # False for what only the tests load
    licences: tuple[str, ...] = field(default=("LICENSE",))

    @property
    def folder(self) -> str:
        """Drop the npm scope: it says who packs the fonts, not what they are."""
        return self.package.rsplit("/", 1)[-1]


LIBRARIES = (
    Library("bootstrap", {"bootstrap.min.css": "dist/css/bootstrap.min.css"}, base="dist/css/"),
    Library("bootstrap-icons", {"bootstrap-icons.min.css": "font/bootstrap-icons.min.css"}, base="font/"),
    Library(
        "@fontsource-variable/atkinson-hyperlegible-next",
        {
            "wght.css": "wght.css",
            # pages preload this one: it is the file that the style sheet asks for first
            "latin.woff2": "files/atkinson-hyperlegible-next-latin-wght-normal.woff2",
        },
    ),
    Library("@fontsource-variable/atkinson-hyperlegible-mono", {"wght.css": "wght.css"}),
    Library("@fontsource-variable/literata", {"wght.css": "wght.css"}),
    Library("socket.io-client", {"socket.io.esm.min.js": "dist/socket.io.esm.min.js"}, base="dist/"),
    Library("perfect-freehand", {"index.mjs": "dist/esm/index.mjs"}, base="dist/esm/"),
    Library(
        "swagger-ui-dist",
        {
            name: name
            for name in (
                "swagger-ui.css",
                "swagger-ui-bundle.js",
                "swagger-ui-standalone-preset.js",
                "favicon-32x32.png",
            )
        },
        licences=("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"),
    ),
    Library(
        "redoc",
        {"redoc.standalone.js": "bundles/redoc.standalone.js"},
        base="bundles/",
        licences=("LICENSE", "bundles/redoc.standalone.js.LICENSE.txt"),
    ),
    Library("axe-core", {"axe.min.js": "axe.min.js"}, needed=False),
)


def referenced(package: Path, inside: str) -> Iterator[str]:
    """Find the files that a style sheet loads by a relative address: the fonts beside it."""
    if not inside.endswith(".css"):
        return
    folder = (package / inside).parent
    for address in _CSS_URL.findall((package / inside).read_text("utf-8")):
        if ":" in address or address.startswith(("/", "#")):
            continue
        path = (folder / address.split("?")[0].split("#")[0]).resolve()
        yield path.relative_to(package.resolve()).as_posix()


def write(target: Path, content: bytes) -> None:
    """Put content at target as a whole or not at all, and leave an equal file alone."""
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def copy(library: Library) -> tuple[dict[str, dict[str, str]], set[Path]]:
    """Copy one library; return its manifest entries and every file that belongs to it."""
    package = MODULES / library.package
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    place = VENDOR / library.folder / version
    wanted = {*library.files.values(), *library.licences}
    for inside in library.files.values():
        wanted.update(referenced(package, inside))
    kept: set[Path] = set()
    targets: dict[str, Path] = {}
    for inside in sorted(wanted):
        targets[inside] = place / inside.removeprefix(library.base)
        write(targets[inside], (package / inside).read_bytes())
        kept.add(targets[inside])
    entries: dict[str, dict[str, str]] = {}
    for name, inside in library.files.items():
        digest = hashlib.sha384(targets[inside].read_bytes()).digest()
        entries[f"{library.folder}/{name}"] = {
            "path": targets[inside].relative_to(STATIC).as_posix(),
            "integrity": "sha384-" + base64.b64encode(digest).decode("ascii"),
        }
    return entries, kept


def prune(kept: set[Path]) -> None:
    """Delete what an earlier version or an interrupted copy left behind."""
    for path in sorted(VENDOR.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path not in kept:
            path.unlink()


def main() -> int:
    """Copy all libraries, write the manifest, tidy up."""
    entries: dict[str, dict[str, str]] = {}
    kept = {MANIFEST}
    for library in LIBRARIES:
        if not (MODULES / library.package / "package.json").is_file():
            if not library.needed:
                continue
            print(f"The browser library {library.package} is not in node_modules. Run `make assets`.", file=sys.stderr)
            return 1
        found, files = copy(library)
        entries |= found
        kept |= files
    write(MANIFEST, (json.dumps(entries, indent=1, sort_keys=True) + "\n").encode())
    prune(kept)
    size = sum(path.stat().st_size for path in kept)
    print(f"Browser libraries: {len(kept) - 1} files, {size / 1_000_000:.1f} MB in {VENDOR.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
