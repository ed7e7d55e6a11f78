"""The live room as somebody sees and uses it."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from uuid import UUID

from PIL import Image, ImageChops
from playwright.sync_api import Locator, expect

from tests.journeys.browsing import Guest, until

# The names that code inside the page may use.
HERE = "const {room} = document.querySelector('[data-module=\"classroom/room\"]'); const {objects} = room.board.desk; "
# What a person sees as ink: pixels of a canvas that are not clear.
INK = """
const canvas = document.querySelector(`[data-board-${arg}]`);
const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
let ink = 0;
for (let at = 3; at < data.length; at += 4) if (data[at]) ink += 1;
return ink;
"""


class RoomPage:
    def __init__(self, guest: Guest, room_id: UUID) -> None:
        self.guest = guest
        self.page = guest.page
        self.address = f"/classrooms/{room_id}/"
        self.element = self.page.locator("[data-module='classroom/room']")
        self.strip = self.page.locator("[data-room-strip]")
        self.paper = self.page.locator("[data-board-paper]")
        self.tools = self.page.locator("[data-board-tools]")

    def open(self) -> "RoomPage":
        self.page.goto(self.address)
        return self

    def enter(self) -> "RoomPage":
        self.open().wait_until_in()
        return self

    def wait_until_in(self) -> None:
        expect(self.element).to_have_attribute("data-joined", "true")
        assert self.until("const {sync} = room.board; return sync.page && sync.replica(sync.page).known")

    # What the page knows

    def ask(self, code: str, arg: Any = None) -> Any:
        return self.page.evaluate(f"async (arg) => {{ {HERE} {code} }}", arg)

    def until(self, condition: str, arg: Any = None, seconds: float = 60) -> Any:
        return until(self.page, HERE + condition, arg, seconds)

    def hand(self, name: str) -> Locator:
        """Find the raised hand of somebody, as the teacher sees it beside the board."""
        return self.page.locator("[data-room-hands] li").filter(has_text=name)

    # Chat

    def view(self, name: str) -> None:
        """Choose a tab: beside the board, or on a phone instead of it."""
        lists = "[data-room-tabs]", "[data-room-side-tabs]"
        self.page.locator(", ".join(f"{tabs} [data-view='{name}']" for tabs in lists)).locator("visible=true").click()

    def write(self, text: str) -> None:
        field = self.page.get_by_label("Write to everybody")
        field.fill(text)
        field.press("Enter")

    def message(self, text: str) -> Locator:
        """Find a message that has its number."""
        return self.page.locator("[data-chat-log] .chat-message:not([data-unsent])").filter(has_text=text)

    def waiting(self, text: str) -> Locator:
        """Find a message that is not sent yet."""
        return self.page.locator("[data-chat-log] [data-unsent]").filter(has_text=text)

    @property
    def words(self) -> list[str]:
        return self.page.locator("[data-chat-log] .chat-message:not([data-unsent]) .chat-words").all_text_contents()

    # Board

    def choose(self, tool: str) -> None:
        self.page.locator(f"[data-board-tools] > [data-tool='{tool}']").click()

    @contextmanager
    def drawing(self, *points: tuple[float, float]) -> Iterator[None]:
        """Draw with the pen through points, given in parts of the board; the pen stays down inside the block."""
        self.choose("pen")
        box = self.paper.bounding_box()
        assert box
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        mouse = self.page.mouse
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place, steps=8)
        yield
        mouse.up()

    def draw(self, *points: tuple[float, float]) -> None:
        with self.drawing(*points):
            pass

    def letter(self, text: str, x: float, y: float) -> None:
        """Write on the board."""
        self.choose("text")
        box = self.paper.bounding_box()
        assert box
        self.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        field = self.page.get_by_label("Text on the board")
        field.fill(text)
        field.press("Control+Enter")

    def ink(self, canvas: str) -> int:
        """Count the pixels that are not clear: "live" or "committed"."""
        return int(self.page.evaluate(f"(arg) => {{ {INK} }}", canvas))

    def wait_for_ink(self, canvas: str) -> int:
        return int(until(self.page, INK, canvas) or 0)

    def wait_for_objects(self, count: int) -> None:
        """Wait until so many objects stand on the board, all with a number of the server's."""
        assert self.until("return objects.length === arg && room.board.pending === 0", count), (
            f"{self.ask('return objects.length')} objects instead of {count}"
        )

    def kinds(self) -> list[tuple[str, str]]:
        """Return who made what."""
        return [(made["by"], made["kind"]) for made in self.ask("return objects.map(({by, kind}) => ({by, kind}))")]

    def picture(self) -> Image.Image:
        """Return the pixels of the board."""
        data = self.ask(
            "await document.fonts.ready; room.board.surface.flush();"
            "return document.querySelector('[data-board-committed]').toDataURL()"
        )
        return Image.open(BytesIO(base64.b64decode(data.split(",")[1]))).convert("RGB")


def unlike(first: Image.Image, second: Image.Image) -> float:
    """Return the part of the pixels that differ by more than an eye could see."""
    assert first.size == second.size
    channels = ImageChops.difference(first, second).split()
    largest = ImageChops.lighter(ImageChops.lighter(channels[0], channels[1]), channels[2])
    return sum(largest.histogram()[9:]) / (first.width * first.height)
