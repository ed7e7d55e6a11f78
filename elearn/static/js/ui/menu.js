// A menu: the browser opens and closes it (popover); this places it beside its button and lets arrows walk through it.
// Reads: [popovertarget], [popover], .menu-item.

const GAP = 4;
const EDGE = 8;

export default class Menu {
  constructor(element) {
    this.button = element.querySelector("[popovertarget]");
    this.list = element.querySelector("[popover]");
    this.follow = () => this.place();
    this.button.setAttribute("aria-expanded", "false");
    this.list.addEventListener("beforetoggle", (event) => {
      if (event.newState === "open") this.list.classList.add("is-placed");
    });
    this.list.addEventListener("toggle", (event) => this.toggled(event.newState === "open"));
    this.list.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("click", (event) => {
      if (event.target.closest("button.menu-item[type='button'], a.menu-item")) this.list.hidePopover();
    });
    this.button.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" || this.list.matches(":popover-open")) return;
      event.preventDefault();
      this.list.showPopover();
      this.items()[0]?.focus();
    });
  }

  items() {
    return [...this.list.querySelectorAll(".menu-item")];
  }

  toggled(open) {
    this.button.setAttribute("aria-expanded", String(open));
    this.button.classList.toggle("is-open", open);
    const change = open ? "addEventListener" : "removeEventListener";
    window[change]("resize", this.follow);
    window[change]("scroll", this.follow, true);
    if (open) this.place();
  }

  /** Stand below the button at its right edge, above it where there is no room below. Phones get a sheet by CSS. */
  place() {
    const style = this.list.style;
    if (window.matchMedia("(max-width: 47.99rem)").matches) {
      style.left = style.top = "";
      return;
    }
    const button = this.button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.list;
    const below = button.bottom + GAP;
    const top = below + height > window.innerHeight - EDGE ? Math.max(EDGE, button.top - GAP - height) : below;
    const left = Math.min(Math.max(EDGE, button.right - width), window.innerWidth - width - EDGE);
    style.left = `${left}px`;
    style.top = `${top}px`;
  }

  walk(event) {
    const items = this.items();
    const at = items.indexOf(document.activeElement);
    const goal = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    items[goal]?.focus();
  }
}
