/**
 * The board without a pointer: letters choose tools, arrows move what is selected, Enter puts something down or selects the
 * next thing, F2 changes its text.
 */
import { isFreehand, isShape, isWriting } from "./objects.js";

const LETTERS = { v: "select", p: "pen", h: "highlighter", e: "eraser", l: "line", a: "arrow", r: "rect", o: "ellipse", t: "text", n: "note" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** One step of an arrow key in coordinates; ten times that with Shift. */
const NUDGE = 25;
/** Nudges that follow each other this quickly are one move, and one undo. */
const NUDGE_PAUSE = 400;

export class Keyboard {
  #off = new AbortController();
  #nudged = null;
  #timer = null;

  constructor({ root, paper, desk, tools, writing }) {
    Object.assign(this, { root, paper, desk, tools, writing });
    root.addEventListener("keydown", (event) => this.#key(event), { signal: this.#off.signal });
    paper.addEventListener("blur", () => this.settle(), { signal: this.#off.signal });
    paper.addEventListener("pointerdown", () => this.settle(), { signal: this.#off.signal, capture: true });
  }

  close() {
    this.#off.abort();
    clearTimeout(this.#timer);
  }

  #key(event) {
    this.paper.classList.remove("is-pointed");
    if (!this.desk.mayDraw || event.defaultPrevented || event.isComposing || event.target.closest("textarea, input, dialog")) return;
    const handled = event.ctrlKey || event.metaKey ? this.#command(event) : this.#plain(event);
    if (handled) event.preventDefault();
  }

  #command({ key, shiftKey }) {
    const letter = key.toLowerCase();
    if (letter === "z" || letter === "y") {
      this.settle();
      this.desk.replay(letter === "y" || shiftKey ? "redo" : "undo");
      return true;
    }
    if (letter === "a" && this.paper === document.activeElement) {
      this.desk.choose({ tool: "select" });
      this.desk.select(new Set(this.desk.objects.map(({ id }) => id)));
      return true;
    }
    return false;
  }

  #plain(event) {
    const { key, altKey } = event;
    if (altKey) return false;
    const tool = LETTERS[key.toLowerCase()];
    if (tool) {
      this.desk.choose({ tool });
      return true;
    }
    if (key === "Escape") return this.#escape();
    if (this.paper !== document.activeElement) return false;
    if ((key === "Delete" || key === "Backspace") && this.desk.selection.size) {
      this.desk.removeSelected();
      return true;
    }
    if (ARROWS[key] && this.desk.selection.size) {
      this.#nudge(ARROWS[key], event.shiftKey ? 10 * NUDGE : NUDGE);
      return true;
    }
    if (key === "Enter") return this.#enter(event.shiftKey);
    return key === "F2" && this.#edit();
  }

  /** Change the text that is selected. */
  #edit() {
    const chosen = this.desk.objects.filter(({ id }) => this.desk.selection.has(id));
    if (chosen.length !== 1 || !isWriting(chosen[0].kind)) return false;
    this.writing.edit(chosen[0]);
    return true;
  }

  #escape() {
    const busy = this.tools.busy;
    this.tools.cancel();
    if (!busy) this.desk.select(new Set());
    return busy;
  }

  /** Put something in the middle of the board, or go through what is there. */
  #enter(back) {
    const { tool } = this.desk;
    if (isWriting(tool)) this.writing.place(tool, this.desk.freePlace());
    else if (isShape(tool)) this.desk.placeShape(tool);
    else if (tool === "select") return this.#next(back ? -1 : 1);
    return !isFreehand(tool) && tool !== "eraser";
  }

  #next(step) {
    const { objects, selection } = this.desk;
    if (!objects.length) return false;
    const chosen = objects.filter(({ id }) => selection.has(id));
    const at = chosen.length ? objects.indexOf(chosen[chosen.length - 1]) : step > 0 ? -1 : 0;
    const next = objects[(at + step + objects.length) % objects.length];
    this.desk.select(new Set([next.id]));
    this.desk.describe(next);
    return true;
  }

  #nudge([x, y], far) {
    this.#nudged ??= { ids: new Set(this.desk.selection), x: 0, y: 0 };
    this.#nudged.x += x * far;
    this.#nudged.y += y * far;
    [this.#nudged.x, this.#nudged.y] = this.desk.showMoved(this.#nudged.ids, this.#nudged.x, this.#nudged.y);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.settle(), NUDGE_PAUSE);
  }

  /** Make nudges that are only shown so far a move. */
  settle() {
    clearTimeout(this.#timer);
    const nudged = this.#nudged;
    this.#nudged = null;
    if (!nudged) return;
    this.desk.showMoved(null);
    this.desk.move(nudged.ids, nudged.x, nudged.y);
  }
}
