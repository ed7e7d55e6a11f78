/**
 * The tool bar: one tab stop, arrow keys move inside. It shows the state that `desk` has and tells it what was chosen.
 * Reads: data-tool, data-tools (a button that stands for several, with the id of its flyout in data-flyout), data-color, data-width,
 * data-size, data-dash, data-act (undo, redo, clear, remove-page).
 */
import { isShape, isWriting } from "./objects.js";

const GAP = 8;

export class Toolbar {
  #off = new AbortController();

  constructor({ root, desk, onAct }) {
    Object.assign(this, { root, desk, onAct });
    const on = (type, handler) => root.addEventListener(type, handler, { signal: this.#off.signal });
    on("click", (event) => this.#click(event));
    on("keydown", (event) => this.#key(event));
    // A field that is being written in keeps the keyboard while colour and size are chosen.
    on("mousedown", (event) => {
      if (desk.isWriting && event.target.closest("[data-color], [data-size], [data-flyout]")) event.preventDefault();
    });
    for (const flyout of this.#all("[popover]")) {
      flyout.addEventListener("toggle", (event) => this.#toggled(flyout, event), { signal: this.#off.signal });
    }
    globalThis.addEventListener("resize", () => this.closeFlyouts(), { signal: this.#off.signal });
    this.#rove(this.#stops()[0]);
  }

  close() {
    this.closeFlyouts();
    this.#off.abort();
  }

  closeFlyouts() {
    for (const flyout of this.#all("[popover]:popover-open")) flyout.hidePopover();
  }

  /** Show the current tool, colours, widths and what can be undone. */
  update() {
    const { tool, color, width, size, dash, canUndo, canRedo, mayTeach, manyPages } = this.desk.choices;
    for (const button of this.#all("[data-tool]")) press(button, button.dataset.tool === tool);
    for (const button of this.#all("[data-tools]")) this.#updateGroup(button, tool);
    for (const swatch of this.#all("[data-color]")) {
      swatch.setAttribute("aria-checked", String(swatch.dataset.color === color));
      const onMarkers = tool === "highlighter" || tool === "note";
      if (swatch.dataset.color === "yellow") swatch.hidden = !onMarkers;
      if (swatch.dataset.color === "black") swatch.hidden = onMarkers;
    }
    for (const button of this.#all("[data-width]")) button.setAttribute("aria-checked", String(Number(button.dataset.width) === width));
    for (const button of this.#all("[data-size]")) button.setAttribute("aria-checked", String(Number(button.dataset.size) === size));
    for (const button of this.#all("[data-dash]")) press(button, dash === 1);
    for (const part of this.#all("[data-for]")) {
      const wanted = { text: isWriting(tool), line: !isWriting(tool), shape: isShape(tool) || tool === "select" };
      part.hidden = part.dataset.for.split(" ").every((name) => !wanted[name]);
    }
    const mark = this.root.querySelector("[data-width-mark]");
    mark.className = `board-width-mark board-width-${width}`;
    // Not `disabled`: a button that loses the focus when it has done its work leaves the keyboard nowhere.
    for (const [act, can] of [["undo", canUndo], ["redo", canRedo]]) {
      this.root.querySelector(`[data-act="${act}"]`).setAttribute("aria-disabled", String(!can));
    }
    for (const part of this.#all("[data-teach]")) part.hidden = !mayTeach;
    for (const part of this.#all("[data-act='remove-page']")) part.hidden = !manyPages;
    if (!this.#stops().some((stop) => stop.tabIndex === 0)) this.#rove(this.#stops()[0]);
  }

  /** A button for several tools takes the icon and the name of the one that was used last. */
  #updateGroup(button, tool) {
    const names = button.dataset.tools.split(" ");
    const member = this.root.querySelector(`#${button.dataset.flyout} [data-tool="${tool}"]`);
    press(button, names.includes(tool));
    if (!member) return;
    button.dataset.last = tool;
    button.querySelector("i").className = member.querySelector("i").className;
    button.setAttribute("aria-label", member.getAttribute("aria-label"));
    button.title = member.title;
  }

  #click(event) {
    const button = event.target.closest("button");
    if (!button || !this.root.contains(button)) return;
    const { tool, tools, last, flyout, color, width, size, dash, act } = button.dataset;
    if (tool) this.desk.choose({ tool });
    else if (tools) this.desk.choose({ tool: last ?? tools.split(" ")[0] });
    else if (color) this.desk.choose({ color });
    else if (width) this.desk.choose({ width: Number(width) });
    else if (size) this.desk.choose({ size: Number(size) });
    else if (dash) this.desk.choose({ dash: this.desk.choices.dash ? 0 : 1 });
    else if (act && button.getAttribute("aria-disabled") !== "true") this.onAct(act);
    if (flyout) this.#open(this.root.querySelector(`#${flyout}`), button);
    else if (tool || act) button.closest("[popover]")?.hidePopover();
    if (this.#stops().includes(button)) this.#rove(button);
  }

  #open(flyout, button) {
    if (flyout.matches(":popover-open")) {
      flyout.hidePopover();
      return;
    }
    flyout.showPopover();
    const at = button.getBoundingClientRect();
    const bar = this.root.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = flyout;
    const besides = bar.height > bar.width;
    const left = besides ? bar.right + GAP : at.left + at.width / 2 - width / 2;
    const top = besides ? at.top + at.height / 2 - height / 2 : bar.top - height - GAP;
    flyout.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
    flyout.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
  }

  #toggled(flyout, { newState }) {
    const button = this.root.querySelector(`[data-flyout="${flyout.id}"]`);
    button.setAttribute("aria-expanded", String(newState === "open"));
  }

  #key(event) {
    const flyout = event.target.closest("[popover]");
    const stops = flyout ? shown([...flyout.querySelectorAll("button")]) : this.#stops();
    const at = stops.indexOf(event.target.closest("button"));
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    let next = null;
    if (step) next = stops[(at + step + stops.length) % stops.length];
    else if (event.key === "Home") [next] = stops;
    else if (event.key === "End") next = stops[stops.length - 1];
    if (!next || at < 0) return;
    event.preventDefault();
    if (!flyout) this.#rove(next);
    next.focus();
  }

  /** Hidden buttons too: they must not be stops of their own when they are shown. */
  #rove(to) {
    for (const button of this.#buttons()) button.tabIndex = button === to ? 0 : -1;
  }

  #all(selector) {
    return this.root.querySelectorAll(selector);
  }

  /** The buttons of the bar itself, without those in its flyouts. */
  #buttons() {
    return [...this.#all("button")].filter((button) => !button.closest("[popover]"));
  }

  #stops() {
    return shown(this.#buttons());
  }
}

const press = (button, on) => button.setAttribute("aria-pressed", String(on));
const shown = (buttons) => buttons.filter((button) => !button.closest("[hidden]"));
