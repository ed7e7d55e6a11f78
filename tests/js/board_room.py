"""A page with the real markup, styles and modules of the whiteboard, and a room without a network behind it."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, select_autoescape
from module_page import ModulePage
from playwright.sync_api import Locator, Page, Route

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "elearn" / "static"
TEMPLATES = Environment(
    loader=FileSystemLoader(ROOT / "elearn" / "templates"),
    extensions=["jinja2.ext.i18n"],
    autoescape=select_autoescape(),
    trim_blocks=True,
)
TEMPLATES.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # by the extension; English
VENDOR = {name: entry["path"] for name, entry in json.loads((STATIC / "vendor" / "manifest.json").read_text()).items()}
IMPORTS = json.dumps({"imports": {"perfect-freehand": "/" + VENDOR["perfect-freehand/index.mjs"]}})
IMPORTS_HASH = base64.b64encode(hashlib.sha256(IMPORTS.encode()).digest()).decode()
POLICY = f"default-src 'self'; script-src 'self' 'sha256-{IMPORTS_HASH}'; object-src 'none'; img-src 'self' data:"
STYLES = [
    VENDOR["bootstrap/bootstrap.min.css"],
    VENDOR["atkinson-hyperlegible-next/wght.css"],
    VENDOR["bootstrap-icons/bootstrap-icons.min.css"],
    "css/tokens.css",
    "css/base.css",
    "css/components/buttons.css",
    "css/components/dialogs.css",
    "css/components/board.css",
]
# Names that every test of the board uses.
PRELUDE = """
const {default: Board} = await import("/js/classroom/board.js");
const {Sync} = await import("/js/classroom/board/sync.js");
const {Replica, canonical} = await import("/js/classroom/board/replica.js");
const {History, stepsBetween} = await import("/js/classroom/board/history.js");
const strokes = await import("/js/classroom/board/strokes.js");
const {FakeRoom} = await import("/test/board_server.js");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (holds, what = String(holds)) => {
  for (let waited = 0; waited < 8000; waited += 20) {
    const found = await holds();
    if (found) return found;
    await sleep(20);
  }
  throw new Error(`Never came true: ${what}`);
};
"""


def page_html(theme: str, boards: int) -> str:
    links = "".join(f'<link rel="stylesheet" href="/{path}">' for path in STYLES)
    board = TEMPLATES.get_template("classroom/_board.html").render(room=None)
    return (
        f'<!doctype html><html lang="en" data-bs-theme="{theme}"><meta charset="utf-8"><title>Board</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{links}<link rel="stylesheet" href="/test/board_test.css"><script type="importmap">{IMPORTS}</script>'
        f"<main>{f'<section>{board}</section>' * boards}</main></html>"
    )


TEST_STYLES = """
html, body, main, section { height: 100%; margin: 0 }
main { display: flex }
section { position: relative; flex: 1; min-width: 0 }
@media (max-width: 47.99rem) { section { display: flex; flex-direction: column } }
"""


def open_board_page(module_page: ModulePage, *, theme: str = "light", boards: int = 1) -> None:
    """Go to a page with the board's markup, as often as asked for, under the policy of the product."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        body, kind = {
            "/test/board": (page_html(theme, boards), "text/html"),
            "/test/board_test.css": (TEST_STYLES, "text/css"),
            "/test/board_server.js": ((ROOT / "tests/js/board_server.js").read_text(), "text/javascript"),
        }[path]
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers={"Content-Security-Policy": POLICY})

    module_page.page.route("**/test/*", answer)
    module_page.page.goto(f"{module_page.page.url.rstrip('/')}/test/board")


def run(module_page: ModulePage, code: str, arg: Any = None) -> Any:
    return module_page.run(PRELUDE + code, arg)


# Two boards on one page, Ada's and Ben's; `ink` counts the pixels of a canvas that are not paper.
BOARDS = """
const room = new FakeRoom({backgrounds: ["white", "squared"]});
const states = {};
const mount = async (id, element, rights) => {
  const link = room.link({id, name: id});
  const board = new Board(element, {link, room: "r1", me: {id, name: id}, onState: (state) => { states[id] = state; }});
  await board.joined();
  board.setRights(rights);
  return board;
};
const elements = document.querySelectorAll("[data-board]");
const ada = await mount("ada", elements[0], {draw: true, teach: true});
const ben = elements[1] && await mount("ben", elements[1], {draw: false, teach: false});
const pixels = (board, layer = "committed") => {
  board.surface.flush();
  const canvas = board.element.querySelector(`[data-board-${layer}]`);
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
};
const ink = (board, layer = "committed") => {
  const data = pixels(board, layer);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (layer === "live" ? data[at + 3] : data[at] + data[at + 1] + data[at + 2] < 700) count += 1;
  }
  return count;
};
const different = (a, b) => {
  const [left, right] = [pixels(a), pixels(b)];
  if (left.length !== right.length) return "sizes differ";
  let count = 0;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) count += 1;
  return count;
};
const objects = () => [...room.pages.get(room.page).objects.values()];
const calm = () => until(() => !ada.pending);
Object.assign(globalThis, {room, ada, ben, mount, ink, pixels, different, objects, calm, states, until, sleep});
await document.fonts.ready;
await sleep(200);
"""


def start(module_page: ModulePage, *, boards: int = 1, width: int = 1000) -> tuple[Page, Locator]:
    module_page.page.set_viewport_size({"width": width, "height": 700})
    open_board_page(module_page, boards=boards)
    run(module_page, BOARDS)
    return module_page.page, module_page.page.locator("[data-board-paper]").first


def at(paper: Locator, x: float, y: float) -> tuple[float, float]:
    box = paper.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def drag(page: Page, paper: Locator, *points: tuple[float, float]) -> None:
    page.mouse.move(*at(paper, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(paper, *point), steps=12)
    page.mouse.up()


def tool(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()
