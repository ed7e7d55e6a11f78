"""What a page does to those who see, read, type and hear in other ways: checked by axe, and by narrow windows."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}, {"width": 320, "height": 700}
EVERYTHING = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# Nothing else changes with the theme.
COLOURS = {"runOnly": ["color-contrast"]}
RUN = """async (rules) => {
    const {violations} = await axe.run(document, {...rules, resultTypes: ["violations"]});
    return violations.flatMap(({id, nodes}) => nodes.map(({target}) => `${id}: ${target.join(" ")}`));
}"""
# How far it goes, and the elements that stand out furthest.
SIDEWAYS = """() => {
    const {scrollWidth, clientWidth} = document.documentElement;
    const right = (element) => element.getBoundingClientRect().right;
    const out = [...document.querySelectorAll("body *")].filter((element) => right(element) > clientWidth + 0.5);
    const names = out.sort((a, b) => right(b) - right(a)).slice(0, 4).map((one) => `${one.localName}.${one.className}`);
    return scrollWidth > clientWidth ? `${scrollWidth - clientWidth} px too wide: ${names.join(", ")}` : "";
}"""


def violations(page: Page, rules: dict[str, list[str]]) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    return list(page.evaluate(RUN, rules))


def faults(page: Page, name: str) -> list[str]:
    """Look at the open page in both themes, on a wide screen and on a phone; it is light and wide afterwards."""
    found: list[str] = []
    for theme, width, rules in (
        ("light", WIDE, EVERYTHING), ("dark", WIDE, COLOURS), ("dark", PHONE, EVERYTHING), ("light", PHONE, COLOURS),
    ):  # fmt: skip
        page.set_viewport_size(width)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        found += [f"{name}, {theme}, {width['width']} px: {fault}" for fault in violations(page, rules)]
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return found


def sideways(page: Page, name: str) -> list[str]:
    """Make the window narrow, then the letters large, and tell where the page has to be pushed sideways."""
    found: list[str] = []
    for what, width, letters in (
        ("320 px", NARROW, ""),
        ("320 px with letters twice as large", NARROW, "200%"),
        ("letters twice as large", WIDE, "200%"),
    ):
        page.set_viewport_size(width)  # type: ignore[arg-type]
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", letters)
        if excess := page.evaluate(SIDEWAYS):
            found.append(f"{name}, {what}: {excess}")
    page.evaluate("() => { document.documentElement.style.fontSize = ''; }")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return found
