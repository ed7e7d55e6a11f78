"""The board in a lesson: rights, pages, people who point, fingers and pens, and a board for everybody."""

import time

import pytest
from board_room import BOARDS, STATIC, VENDOR, at, drag, open_board_page, run, start
from module_page import ModulePage
from playwright.sync_api import CDPSession

pytestmark = pytest.mark.browser


def test_without_the_right_nothing_is_drawn_and_the_tools_are_gone(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    page.mouse.move(*at(paper, 0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*at(paper, 0.5, 0.5), steps=10)
    module_page.run("ada.setRights({draw: false, teach: false});")
    page.mouse.move(*at(paper, 0.8, 0.5), steps=10)
    page.mouse.up()
    drag(page, paper, (0.1, 0.1), (0.9, 0.9))
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    assert module_page.run("await sleep(100); return [objects().length, ink(ada), ink(ada, 'live')];") == [0, 0, 0]
    assert page.get_by_role("toolbar").count() == 0
    assert page.get_by_role("button", name="Add a page").count() == 0
    assert page.locator("textarea").count() == 0


def test_refused_drawing_disappears_and_says_why(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    module_page.run("room.links[0].refuse = 'forbidden';")
    drag(page, paper, (0.2, 0.2), (0.8, 0.6))
    page.get_by_text("You may not draw here any more").wait_for()
    assert module_page.run("await sleep(50); return [ink(ada), ada.pending];") == [0, 0]


def test_teacher_adds_turns_and_removes_pages_for_everybody(module_page: ModulePage) -> None:
    page, _ = start(module_page, boards=2, width=1200)
    teacher, student = page.locator("[data-board]").all()
    student_page = student.locator("[data-board-pages] [aria-current='page']")
    assert student.locator("button[data-page]").count() == 0
    teacher.locator("button[data-page]").nth(1).click()
    student_page.filter(has_text="Page 2 of 2, squared").wait_for()
    teacher.get_by_role("button", name="Add a page").click()
    teacher.get_by_role("button", name="Blackboard").click()
    student_page.filter(has_text="Page 3 of 3, blackboard").wait_for()
    teacher.get_by_role("button", name="More for this page").click()
    teacher.get_by_role("button", name="Remove this page").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove page 3").click()
    student_page.filter(has_text="Page 1 of 2").wait_for()
    assert module_page.run("return [...room.pages.keys()]") == ["page-1", "page-2"]


def test_clearing_offers_undo(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    drag(page, paper, (0.2, 0.2), (0.8, 0.6))
    page.get_by_role("button", name="More for this page").click()
    page.get_by_role("button", name="Clear this page").click()
    module_page.run("await until(() => objects().length === 0)")
    page.locator("[data-board-notice]").get_by_role("button", name="Undo").click()
    module_page.run("await until(() => objects().length === 1)")


def test_board_says_when_it_is_nearly_full_and_full(module_page: ModulePage) -> None:
    page, _ = start(module_page)
    fill = """
        const line = (at) => ({id: `line-${arg[0]}-${at}`, kind: "line", z: at, color: "blue", width: 1, dash: 0,
                               x1: at * 10, y1: 0, x2: at * 10, y2: 9000});
        ada.desk.act(Array.from({length: arg[1]}, (_, at) => ({op: "add", object: line(at)})));
        await calm();
        return states.ada.full;
    """
    assert module_page.run(fill, ["a", 479]) is False
    assert page.locator("[data-board-notice]").is_hidden()
    assert module_page.run(fill, ["b", 1]) is False
    page.get_by_text("This page is nearly full").wait_for()
    assert module_page.run(fill, ["c", 25]) is True
    page.get_by_text("This page is full").wait_for()
    assert module_page.run("await until(() => ada.desk.objects.length === 500); return objects().length") == 500
    page.locator("[data-board-notice]").get_by_role("button", name="Add a page").click()
    module_page.run("await until(() => room.page === 'page-3' && states.ada.full === false)")


def test_cursors_carry_names_and_are_throttled(module_page: ModulePage) -> None:
    page, paper = start(module_page, boards=2, width=1200)
    for round_ in range(6):
        page.mouse.move(*at(paper, 0.2 + round_ / 10, 0.2), steps=20)
    page.locator("[data-board]").nth(1).locator(".board-cursor", has_text="ada").wait_for(state="attached")
    rate, last = module_page.run(
        """
        await sleep(150);
        const sent = room.calls.filter(({event}) => event === "cursor");
        const begin = performance.now();
        const count = sent.length;
        for (let at = 0; at < 100; at += 1) { ada.cursors.move([at, at]); await sleep(5); }
        const seconds = (performance.now() - begin) / 1000;
        await sleep(100);
        const all = room.calls.filter(({event}) => event === "cursor");
        // The last one goes out after the moves, so that the cursor rests where the hand does.
        return [(all.length - count - 1) / seconds, all.at(-1).payload.x];
        """
    )
    assert 8 < rate <= 17
    assert last == 99


def test_others_are_announced_politely(module_page: ModulePage) -> None:
    page, paper = start(module_page, boards=2, width=1200)
    drag(page, paper, (0.2, 0.2), (0.8, 0.6))
    page.locator("[data-board]").nth(1).locator("[data-board-news]", has_text="ada drew a line.").wait_for(
        state="attached"
    )
    assert page.locator("[data-board-news]").first.text_content() == ""


def touch(cdp: CDPSession, kind: str, *fingers: tuple[float, float], radius: float = 8, **at: float) -> None:
    points = [
        {"x": x, "y": y, "id": number, "radiusX": radius, "radiusY": radius} for number, (x, y) in enumerate(fingers)
    ]
    cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points, **at})


def test_one_finger_draws_two_fingers_do_not(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    cdp = page.context.new_cdp_session(page)
    touch(cdp, "touchStart", at(paper, 0.2, 0.2))
    for step in range(10):
        touch(cdp, "touchMove", at(paper, 0.2 + step / 20, 0.3))
    touch(cdp, "touchEnd")
    first = module_page.run("await calm(); return objects().map(({kind}) => kind);")
    assert first == ["pen"]
    touch(cdp, "touchStart", at(paper, 0.2, 0.6))
    touch(cdp, "touchMove", at(paper, 0.3, 0.6))
    touch(cdp, "touchStart", at(paper, 0.3, 0.6), at(paper, 0.6, 0.6))
    touch(cdp, "touchMove", at(paper, 0.4, 0.7), at(paper, 0.7, 0.7))
    touch(cdp, "touchEnd")
    assert module_page.run("await sleep(100); return [objects().length, ink(ada, 'live')];") == [1, 0]


def test_palm_draws_nothing_beside_a_pen(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    cdp = page.context.new_cdp_session(page)
    began = time.time()  # each event says when it was, however busy the machine is

    def pen(kind: str, x: float, y: float) -> None:
        left, top = at(paper, x, y)
        down = {"button": "left", "buttons": 1} if kind != "mouseReleased" else {"button": "left", "buttons": 0}
        cdp.send(
            "Input.dispatchMouseEvent",
            {"type": kind, "x": left, "y": top, "pointerType": "pen", "clickCount": 1, "timestamp": began, **down},
        )

    def palm(seconds: float, radius: float) -> None:
        touch(cdp, "touchStart", at(paper, 0.7, 0.7), radius=radius, timestamp=began + seconds)
        touch(cdp, "touchMove", at(paper, 0.6, 0.8), radius=radius, timestamp=began + seconds)
        touch(cdp, "touchEnd", timestamp=began + seconds)

    pen("mousePressed", 0.2, 0.2)
    pen("mouseMoved", 0.5, 0.3)
    pen("mouseReleased", 0.8, 0.2)
    palm(1, radius=20)
    palm(4, radius=45)
    ends = module_page.run("await calm(); return objects().map(({points}) => points[1]);")
    assert ends == [pytest.approx(2000, abs=30)]
    palm(4, radius=8)  # as small as a finger, and long after the pen
    assert len(module_page.run("await calm(); return objects();")) == 2


def test_tool_bar_is_one_stop_with_arrow_keys_inside(module_page: ModulePage) -> None:
    page, paper = start(module_page)
    page.get_by_role("button", name="Pen", exact=True).focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.ariaLabel") == "Highlighter"
    page.keyboard.press("Enter")
    assert page.get_by_role("radio", name="Yellow").get_attribute("aria-checked") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Arrow"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    drag(page, paper, (0.2, 0.2), (0.6, 0.6))
    assert module_page.run("await calm(); return objects().map(({kind}) => kind);") == ["line"]
    stops = page.get_by_role("toolbar").locator("button[tabindex='0']:visible").count()
    assert stops == 1


@pytest.mark.parametrize(
    ("theme", "width", "draw"), [("light", 1000, True), ("dark", 1000, True), ("light", 320, False)]
)
def test_axe_finds_nothing(module_page: ModulePage, theme: str, width: int, draw: bool) -> None:
    page = module_page.page
    page.set_viewport_size({"width": width, "height": 700})
    open_board_page(module_page, theme=theme)
    run(module_page, BOARDS)
    if draw:
        page.get_by_role("button", name="Arrow", exact=True).first.click()
    else:
        module_page.run(
            """
            for (const background of ["ruled", "white", "blackboard"]) await ada.link.emit("add_page", {background});
            ada.setRights({draw: false, teach: false});
            await until(() => document.querySelectorAll("[data-board-pages] li").length === 5);
            """
        )
    page.evaluate((STATIC / VENDOR["axe-core/axe.min.js"]).read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", tags)
    whole_page = {"page-has-heading-one", "heading-order", "region"}  # this page is only a part of the room
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"] if v["id"] not in whole_page] == []


def test_stroke_of_somebody_who_vanished_goes_after_five_seconds(module_page: ModulePage) -> None:
    page, paper = start(module_page, boards=2)
    page.mouse.move(*at(paper, 0.2, 0.2))
    page.mouse.down()
    page.mouse.move(*at(paper, 0.8, 0.6), steps=30)
    module_page.run("await until(() => ink(ben, 'live') > 300); room.links[0].connected = false;")
    page.mouse.up()
    waited = module_page.run(
        """
        const begin = performance.now();
        await sleep(3500);
        const still = ink(ben, "live") > 300;
        await until(() => ink(ben, "live") === 0);
        return [still, performance.now() - begin];
        """
    )
    assert waited[0] is True
    assert waited[1] < 7000
