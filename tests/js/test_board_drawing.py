"""The board under real hands: mouse and keys make operations, and everybody sees the same pixels."""

import pytest
from board_room import at, drag, start, tool
from module_page import ModulePage

pytestmark = pytest.mark.browser


def test_mouse_draws_a_stroke_that_the_server_gets(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    page.get_by_role("radio", name="Red").click()
    drag(page, paper, (0.2, 0.2), (0.5, 0.4), (0.8, 0.2))
    stroke = module_page.run("await calm(); return objects();")
    assert [(o["kind"], o["color"], o["width"], o["by"]) for o in stroke] == [("pen", "red", 2, "ada")]
    flat = stroke[0]["points"]
    assert all(isinstance(number, int) for number in flat)
    assert flat[0] == pytest.approx(2000, abs=20)
    assert flat[1] == pytest.approx(2000, abs=20)
    assert sum(flat[::2]) == pytest.approx(8000, abs=20)
    assert len(flat) < 60


def test_ring_is_for_the_keyboard(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    ring = "getComputedStyle(document.querySelector('[data-board-paper]')).outlineStyle"
    drag(page, paper, (0.2, 0.2), (0.5, 0.4))
    assert page.evaluate("document.activeElement.matches('[data-board-paper]')")
    assert page.evaluate(ring) == "none"
    page.keyboard.press("v")
    assert page.evaluate(ring) == "solid"


def test_stroke_is_seen_elsewhere_while_it_is_drawn(module_page: ModulePage) -> None:
    page, paper = start(module_page, boards=2)
    page.mouse.move(*at(paper, 0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*at(paper, 0.8, 0.6), steps=30)
    during = module_page.run(
        "await until(() => ink(ben, 'live') > 300); return [ink(ben), ink(ada, 'live') > 300, objects().length];"
    )
    assert during == [0, True, 0]
    page.mouse.up()
    after = module_page.run(
        """
        await until(() => ink(ben) > 300 && ink(ben, "live") === 0);
        ben.setRights({draw: true, teach: false});  // with the tool bar the paper is as large as Ada's
        await until(() => pixels(ben).length === pixels(ada).length);
        const live = room.calls.filter(({event}) => event === "live").length;
        return {same: different(ada, ben), live, own: ink(ada, "live")};
        """
    )
    assert after["same"] == 0
    assert after["own"] == 0
    assert after["live"] >= 1


def test_stroke_in_progress_vanishes_when_it_is_given_up(module_page: ModulePage) -> None:
    page, paper = start(module_page, boards=2)
    page.mouse.move(*at(paper, 0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*at(paper, 0.8, 0.6), steps=30)
    module_page.run("await until(() => ink(ben, 'live') > 300);")
    page.keyboard.press("Escape")
    module_page.run("await until(() => ink(ben, 'live') === 0 && ink(ada, 'live') === 0);")
    page.mouse.up()
    assert module_page.run("await sleep(100); return objects().length") == 0


def test_drawn_and_reloaded_boards_are_equal_pixel_by_pixel(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    drag(page, paper, (0.1, 0.1), (0.3, 0.3), (0.1, 0.3))
    for name, start_at in (("Highlighter", (0.05, 0.2)), ("Arrow", (0.4, 0.1)), ("Rectangle", (0.4, 0.4))):
        tool(page, name)
        page.keyboard.press("Escape")
        drag(page, paper, start_at, (start_at[0] + 0.3, start_at[1] + 0.15))
    tool(page, "Text")
    page.mouse.click(*at(paper, 0.1, 0.6))
    page.keyboard.type("Find north with the Plough")
    page.keyboard.press("Escape")
    tool(page, "Note")
    page.mouse.click(*at(paper, 0.6, 0.6))
    page.keyboard.type("Five times the gap\nMerak to Dubhe")
    page.keyboard.press("Control+Enter")
    tool(page, "Select and move")
    drag(page, paper, (0.4, 0.45), (0.5, 0.5))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    result = module_page.run(
        """
        await calm();
        ada.desk.select(new Set());
        await sleep(100);
        const drawn = ada.element;
        const before = pixels(ada).slice();
        ada.close();
        const again = await mount("ada", drawn, {draw: true, teach: true});
        await sleep(300);
        const after = pixels(again);
        return {kinds: objects().map(({kind}) => kind), size: before.length === after.length,
                wrong: before.reduce((count, value, at) => count + (value !== after[at]), 0), ink: ink(again)};
        """
    )
    assert result["kinds"] == ["pen", "highlighter", "arrow", "rect", "text", "note"]
    assert result["size"]
    assert result["wrong"] == 0
    assert result["ink"] > 2000


def test_text_is_written_changed_and_erased_by_keyboard_alone(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    paper.focus()
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    page.keyboard.type("Polaris = north")
    page.keyboard.press("Escape")
    written = module_page.run("await calm(); return objects();")
    assert [(o["kind"], o["text"]) for o in written] == [("text", "Polaris = north")]
    page.keyboard.press("v")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    module_page.run("await until(() => objects()[0].x !== arg)", written[0]["x"])
    moved = module_page.run("await calm(); return objects()[0];")
    assert (moved["x"], moved["y"]) == (written[0]["x"] + 250, written[0]["y"] + 25)
    page.keyboard.press("F2")
    page.keyboard.press("End")
    page.keyboard.type(" star")
    page.keyboard.press("Control+Enter")
    module_page.run("await until(() => objects()[0].text === 'Polaris = north star')")
    page.locator("[data-board-texts] li", has_text="Polaris = north star").wait_for(state="attached")
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    module_page.run("await until(() => objects().length === 0)")
    page.keyboard.press("Control+z")
    module_page.run("await until(() => objects()[0]?.text === 'Polaris = north star')")


def test_shape_is_put_down_by_keyboard_and_can_be_moved_at_once(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    paper.focus()
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    shape = module_page.run("await until(() => objects()[0]?.x === 3975); return objects()[0];")
    assert (shape["kind"], shape["w"], shape["h"]) == ("ellipse", 2000, 2000)


def test_eraser_takes_whole_things_and_undo_brings_all_back(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    for y in (0.2, 0.4, 0.6):
        drag(page, paper, (0.2, y), (0.8, y))
    tool(page, "Eraser")
    drag(page, paper, (0.5, 0.1), (0.5, 0.5))
    left = module_page.run("await calm(); return objects().map(({points}) => points[1]);")
    assert left == [pytest.approx(6000, abs=30)]
    tool(page, "Undo")
    assert module_page.run("await calm(); return objects().length") == 3


def test_frame_selects_several_which_move_and_recolour_together(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    for y in (0.3, 0.4, 0.8):
        drag(page, paper, (0.3, y), (0.5, y))
    tool(page, "Select and move")
    drag(page, paper, (0.2, 0.2), (0.6, 0.5))
    drag(page, paper, (0.4, 0.3), (0.5, 0.5))
    page.get_by_role("radio", name="Green").click()
    strokes = module_page.run("await calm(); return objects().map(({points, color}) => [points[0], points[1], color]);")
    assert strokes == [
        [pytest.approx(4000, abs=30), pytest.approx(5000, abs=30), "green"],
        [pytest.approx(4000, abs=30), pytest.approx(6000, abs=30), "green"],
        [pytest.approx(3000, abs=30), pytest.approx(8000, abs=30), "black"],
    ]


def test_shift_makes_squares_and_straight_lines(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    tool(page, "Rectangle")
    page.keyboard.down("Shift")
    drag(page, paper, (0.2, 0.2), (0.5, 0.3))
    page.keyboard.up("Shift")
    box = module_page.run("await calm(); return objects()[0];")
    assert box["w"] * 1.6 == pytest.approx(box["h"], rel=0.02)
