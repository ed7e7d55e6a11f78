"""Bootstrap compiles its blue into its components; nobody may ever see it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

BLUES = [
    (13, 110, 253), (11, 94, 215), (10, 88, 202), (10, 83, 190), (134, 183, 254), (182, 212, 254), (110, 168, 254),
    (139, 185, 254), (207, 226, 255), (158, 197, 254), (5, 44, 101), (3, 22, 51), (8, 66, 152), (49, 132, 253),
    (13, 202, 240), (102, 16, 242),
]  # fmt: skip

# What the gallery does not show, but a page could write.
MORE = """() => {
  const stage = document.createElement("section");
  const kinds = ["primary", "info", "link", "outline-primary", "outline-info", "second", "quiet", "danger", "marker"];
  const classes = [
    ...kinds.flatMap((kind) => [`btn btn-${kind}`, `btn btn-${kind} active`, `btn btn-${kind} disabled`]),
    "form-control is-valid", "progress-bar", "list-group-item active", "dropdown-item active", "nav-link active",
    "accordion-button", "btn-close", "alert alert-primary", "text-primary", "bg-primary", "text-bg-primary",
    "table-primary", "link-primary", "border border-primary", "page-link", "badge text-bg-info",
  ];
  const around = ["progress", "list-group", "dropdown-menu d-block", "nav nav-pills", "accordion", "pagination"];
  for (const outer of around) {
    const box = document.createElement("div");
    box.className = outer;
    for (const name of classes) {
      const item = document.createElement("a");
      item.className = name;
      item.href = "#x";
      item.textContent = name;
      box.append(item);
    }
    stage.append(box);
  }
  const inputs = [["checkbox", "form-check-input"], ["radio", "form-check-input"], ["range", "form-range"]];
  for (const [type, name] of inputs) {
    const box = document.createElement("div");
    box.className = "form-check form-switch";
    const input = document.createElement("input");
    Object.assign(input, { type, className: name, checked: true, indeterminate: type === "checkbox" });
    box.append(input);
    stage.append(box);
  }
  document.querySelector("main").append(stage);
}"""

COLOURS = """() => {
  const found = new Set();
  const properties = ["color", "background-color", "background-image", "border-top-color", "border-bottom-color",
    "border-left-color", "border-right-color", "outline-color", "box-shadow", "text-decoration-color", "fill", "stroke",
    "caret-color", "accent-color"];
  const variables = ["bg", "color", "border-color", "hover-bg", "hover-color", "hover-border-color", "active-bg",
    "active-color", "active-border-color", "disabled-bg", "disabled-color", "disabled-border-color", "focus-shadow-rgb"]
    .map((name) => `--bs-btn-${name}`).concat(["--bs-dropdown-link-active-bg", "--bs-nav-pills-link-active-bg",
      "--bs-pagination-active-bg", "--bs-pagination-focus-box-shadow", "--bs-progress-bar-bg",
      "--bs-list-group-active-bg",
      "--bs-accordion-btn-active-icon", "--bs-accordion-btn-focus-box-shadow", "--bs-btn-close-focus-shadow",
      "--bs-primary", "--bs-blue", "--bs-info", "--bs-primary-rgb", "--bs-link-color", "--bs-link-color-rgb",
      "--bs-primary-bg-subtle", "--bs-primary-text-emphasis", "--bs-primary-border-subtle", "--bs-form-switch-bg"]);
  const look = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    const where = `${pseudo ?? ""} ${element.tagName} ${element.className}`;
    for (const name of pseudo ? properties : properties.concat(variables)) {
      found.add(`${style.getPropertyValue(name)} | ${name} ${where}`);
    }
  };
  for (const element of document.querySelectorAll("*")) {
    for (const pseudo of [null, "::before", "::after", "::backdrop", "::placeholder"]) look(element, pseudo);
  }
  for (const element of document.querySelectorAll("main :is(a, button, input, select, textarea)")) {
    element.focus();
    look(element, null);
  }
  return [...found];
}"""

THUMBS = """() => {
  const rules = [];
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      const selector = rule.selectorText ?? "";
      if (/range-thumb|slider-thumb/.test(selector) && rule.style.backgroundColor) {
        rules.push([selector, rule.style.backgroundColor]);
      }
    }
  }
  return rules;
}"""


def spellings(red: int, green: int, blue: int) -> tuple[str, ...]:
    digits = f"{red:02x}{green:02x}{blue:02x}"
    return f"{red},{green},{blue}", f"#{digits}", f"%23{digits}"


def has_blue(line: str) -> bool:
    value = line.partition(" | ")[0].lower().replace(" ", "")
    return any(spelling in value for blue in BLUES for spelling in spellings(*blue))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_colour_of_bootstrap_is_left(gallery: Callable[..., Page], theme: str) -> None:
    page = gallery(color_scheme=theme, reduced_motion="reduce")
    page.evaluate(MORE)
    lines = page.evaluate(COLOURS)
    assert len(lines) > 1000
    assert [line for line in lines if has_blue(line)] == []


def test_the_thumb_of_a_range_is_ours(gallery: Callable[..., Page]) -> None:
    # Rules come in the order of the cascade: the last one for a selector is the one that counts.
    last = dict(gallery().evaluate(THUMBS))
    assert last
    assert {selector: value for selector, value in last.items() if not value.startswith("var(--")} == {}


def test_the_check_finds_blue(gallery: Callable[..., Page]) -> None:
    page = gallery()
    page.evaluate("document.querySelector('main h2').style.color = '#0d6efd'")
    assert [line for line in page.evaluate(COLOURS) if has_blue(line)] != []
