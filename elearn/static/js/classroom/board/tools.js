/**
 * Pointers on the paper: mouse, pen and fingers become gestures. A hand that rests on the glass while a pen writes, and a second finger,
 * draw nothing. How hard a pen is pressed is not kept.
 */
import { Erase, Freehand, Select, Shape } from "./gestures.js";
import { isFreehand, isShape, isWriting } from "./objects.js";
import { UNITS } from "./strokes.js";

/** After a pen was near, fingers are taken for the hand that holds it. */
const PALM_TIME = 1_500;
/** Wider touches are a palm, in pixels of the screen. */
const PALM_SIZE = 60;
const ERASER_BUTTON = 32;
/** The second press on a button of a dialog meets the paper below it: not meant. In milliseconds. */
const AFTER_DIALOG = 500;

export class Tools {
  #pointer = null;
  #gesture = null;
  #touches = new Set();
  #blocked = false;
  #penAt = -Infinity;
  #dialogAt = -Infinity;
  #off = new AbortController();

  constructor({ paper, desk, writing, cursors }) {
    Object.assign(this, { paper, desk, writing, cursors });
    const on = (type, handler, options) => paper.addEventListener(type, handler, { signal: this.#off.signal, ...options });
    on("pointerdown", (event) => this.#down(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#up(event));
    on("pointercancel", (event) => this.#lost(event));
    on("dblclick", (event) => this.#doubleClick(event));
    const pressed = (event) => event.target.closest?.("dialog") && (this.#dialogAt = event.timeStamp);
    document.addEventListener("pointerdown", pressed, { capture: true, signal: this.#off.signal });
    on("contextmenu", (event) => this.#gesture && event.preventDefault());
  }

  get busy() {
    return this.#gesture !== null;
  }

  close() {
    this.cancel();
    this.#off.abort();
  }

  /** Give up what is being drawn. */
  cancel() {
    this.#gesture?.cancel();
    this.#gesture = null;
    this.#pointer = null;
  }

  #down(event) {
    if (event.pointerType === "touch") this.#touches.add(event.pointerId);
    if (event.target.closest?.("textarea")) return;
    if (!this.desk.mayDraw || event.timeStamp - this.#dialogAt < AFTER_DIALOG || !this.#accepts(event)) return;
    this.paper.setPointerCapture(event.pointerId);
    event.preventDefault();
    const wasWriting = this.writing.isOpen;
    // The ring is for the keyboard: it would frame the paper while somebody draws.
    this.paper.classList.add("is-pointed");
    this.paper.focus({ preventScroll: true });
    if (wasWriting) return;
    this.#pointer = event.pointerId;
    this.rect = this.paper.getBoundingClientRect();
    this.#gesture = this.#begin(this.#point(event), event);
  }

  #accepts(event) {
    if (event.pointerType === "pen") {
      this.#penAt = event.timeStamp;
      this.cancel();
      return event.button === 0 || event.buttons & ERASER_BUTTON;
    }
    if (event.pointerType === "touch") {
      if (event.timeStamp - this.#penAt < PALM_TIME || Math.max(event.width, event.height) > PALM_SIZE) return false;
      if (this.#touches.size > 1) {
        this.cancel();
        this.#blocked = true;
      }
      return !this.#blocked && !this.#gesture;
    }
    return event.button === 0 && !this.#gesture;
  }

  #begin(start, event) {
    const { desk } = this;
    const tool = event.buttons & ERASER_BUTTON ? "eraser" : desk.tool;
    if (tool === "select") return new Select(desk, start, event);
    desk.select(new Set());
    if (tool === "eraser") return new Erase(desk, start);
    if (isFreehand(tool)) return new Freehand(desk, desk.style(tool), start);
    if (isShape(tool)) return new Shape(desk, desk.style(tool), start);
    return new Placing(this.writing, tool, start);
  }

  #move(event) {
    if (this.desk.mayDraw && event.pointerType !== "touch") this.#tellCursor(event);
    if (event.pointerType === "pen") this.#penAt = event.timeStamp;
    if (event.pointerId !== this.#pointer || !this.#gesture) return;
    const events = event.getCoalescedEvents?.() ?? [];
    this.#gesture.move((events.length ? events : [event]).map((each) => this.#point(each)), event);
    if (event.pointerType === "touch") this.#tellCursor(event);
  }

  #up(event) {
    this.#forgetTouch(event);
    if (event.pointerId !== this.#pointer) return;
    const gesture = this.#gesture;
    this.#gesture = null;
    this.#pointer = null;
    gesture?.end();
  }

  /** The browser took the pointer for itself (zooming with two fingers, an edge swipe). */
  #lost(event) {
    this.#forgetTouch(event);
    if (event.pointerId === this.#pointer) this.cancel();
  }

  #forgetTouch(event) {
    this.#touches.delete(event.pointerId);
    if (!this.#touches.size) this.#blocked = false;
  }

  #doubleClick(event) {
    if (!this.desk.mayDraw || this.desk.tool !== "select") return;
    const chosen = this.desk.objects.filter(({ id }) => this.desk.selection.has(id));
    if (chosen.length !== 1 || !isWriting(chosen[0].kind)) return;
    event.preventDefault();
    this.writing.edit(chosen[0]);
  }

  #tellCursor(event) {
    if (!this.#gesture) this.rect = this.paper.getBoundingClientRect();
    this.cursors.move(this.#point(event));
  }

  #point(event) {
    const { left, top, width, height } = this.rect;
    return [((event.clientX - left) / width) * UNITS, ((event.clientY - top) / height) * UNITS];
  }
}

/** A click that says where text or a note begins. */
class Placing {
  constructor(writing, kind, start) {
    Object.assign(this, { writing, kind, start });
  }

  move() {
    /* Where the pointer went down counts. */
  }

  end() {
    this.writing.place(this.kind, this.start);
  }

  cancel() {
    /* Nothing has happened yet. */
  }
}
