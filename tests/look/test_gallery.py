"""Every component: for everybody, by keyboard, on a narrow phone and with large letters."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea735"
    "81840000000049454e44ae426082"
)


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found = page.evaluate(f"() => axe.run(document, {RULES})")["violations"]
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(gallery: Callable[..., Page], theme: str, width: int) -> None:
    page = gallery(color_scheme=theme, reduced_motion="reduce", viewport={"width": width, "height": 844})
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert violations(page) == []
    for dialog in ("look-block", "look-dialog", "look-sheet", "look-leave"):
        page.locator(f"button[commandfor='{dialog}'][command='show-modal']:not(.menu-item)").first.click()
        expect(page.locator(f"#{dialog}")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator(f"#{dialog}")).to_be_hidden()
    page.locator("[popovertarget='look-more']").click()
    expect(page.locator("#look-more")).to_be_visible()
    assert violations(page) == []


def test_nothing_scrolls_sideways_at_320_pixels(gallery: Callable[..., Page]) -> None:
    page = gallery(viewport={"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_nothing_scrolls_sideways_with_letters_twice_as_large(gallery: Callable[..., Page]) -> None:
    page = gallery(viewport={"width": 640, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") == 640


def test_the_letters_of_the_school_are_loaded(gallery: Callable[..., Page]) -> None:
    loaded = gallery().evaluate(
        "() => [...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)"
    )
    assert {
        "Atkinson Hyperlegible Next Variable",
        "Atkinson Hyperlegible Mono Variable",
        "Literata Variable",
        "bootstrap-icons",
    } <= {family.strip('"') for family in loaded}


def test_the_theme_of_the_system_is_followed_while_the_page_is_open(gallery: Callable[..., Page]) -> None:
    page = gallery(color_scheme="light")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(gallery: Callable[..., Page]) -> None:
    page = gallery()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Ends on: choose a day").click()
    field = page.get_by_label("Ends on")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Error: Choose a day after the start, 2 September")


def test_a_menu_is_walked_by_arrows_and_gives_the_focus_back(gallery: Callable[..., Page]) -> None:
    page = gallery()
    more = page.get_by_role("button", name="More for this course")
    more.focus()
    page.keyboard.press("ArrowDown")
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("link", name="See progress").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#look-more .menu-danger")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Keep in course")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#look-block")).to_be_hidden()
    expect(more).to_be_focused()
    expect(more).to_have_attribute("aria-expanded", "false")


def test_a_pressed_button_keeps_its_width_and_is_sent_once(gallery: Callable[..., Page]) -> None:
    page = gallery()
    sent: list[str] = []
    page.route("**/look", lambda route: (sent.append(route.request.method), route.fulfill(status=204)))
    button = page.locator("button[data-busy='Saving…']:has-text('Save changes')")
    handle = button.element_handle()
    assert handle is not None
    before = (handle.bounding_box() or {})["width"]
    handle.click()
    expect(page.locator("form.form .is-busy")).to_have_text("Saving…")
    expect(page.locator("form.form .is-busy")).to_have_attribute("aria-disabled", "true")
    assert (handle.bounding_box() or {})["width"] == pytest.approx(before, abs=1)
    handle.click(force=True)
    handle.click(force=True)
    assert sent == ["POST"]


def test_a_password_is_shown_and_hidden(gallery: Callable[..., Page]) -> None:
    page = gallery()
    password = page.get_by_label("Password", exact=True)
    password.fill("four unrelated words")
    page.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(password).to_have_attribute("type", "password")


def test_characters_are_counted_near_the_end_and_beyond_it(gallery: Callable[..., Page]) -> None:
    page = gallery()
    title = page.get_by_label("Title", exact=True)
    counter = page.locator("#title-count")
    expect(counter).to_be_hidden()
    title.fill("x" * 70)
    expect(counter).to_have_text("10 characters left")
    title.fill("x" * 83)
    expect(counter).to_have_text("3 characters too many")


def test_a_chosen_photo_is_shown_before_it_is_sent(gallery: Callable[..., Page], tmp_path: Path) -> None:
    photo = tmp_path / "me.png"
    photo.write_bytes(PIXEL)
    page = gallery()
    page.set_input_files("#photo", photo)
    expect(page.locator(".photo-name")).to_have_text("me.png")
    expect(page.locator(".photo-preview img")).to_have_count(1)


def test_toasts_leave_after_a_while_but_errors_stay_until_they_are_closed(gallery: Callable[..., Page]) -> None:
    page = gallery()
    page.clock.install()
    page.evaluate(
        """async () => {
          const main = document.querySelector('script[type=module]').src;
          const { toast } = await import(main.replace('main.js', 'lib/toast.js'));
          toast('Lesson moved');
          toast('Not saved', { kind: 'error' });
        }"""
    )
    saved = page.get_by_role("status").get_by_text("Lesson moved")
    failed = page.get_by_role("alert").get_by_text("Not saved")
    expect(saved).to_be_visible()
    expect(failed).to_be_visible()
    page.clock.fast_forward(6_500)
    expect(saved).to_have_count(0)
    expect(failed).to_be_visible()
    page.locator(".toasts").get_by_role("button", name="Close message").click()
    expect(failed).to_have_count(0)
