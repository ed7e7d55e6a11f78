/** Writing on the paper: a text field lies over the place until the text is done, then it becomes an object. */
import { t } from "../../lib/words.js";
import { MAX_TEXT, noteAt, noteHeight, textAt } from "./objects.js";
import { HEIGHT, UNITS, WIDTH } from "./strokes.js";
import { FONT_SIZES, LINE_HEIGHT, NOTE_PADDING } from "./text.js";
import { newId } from "./sync.js";

export class Writing {
  #field = null;
  #draft = null;
  #original = null;
  /** Somebody may turn the page meanwhile: the text belongs to this one. */
  #page = null;

  constructor({ paper, desk }) {
    Object.assign(this, { paper, desk });
  }

  get isOpen() {
    return this.#field !== null;
  }

  /** Begin a new text or note. */
  place(kind, point) {
    const style = this.desk.style(kind);
    this.#open({ id: newId(), ...(kind === "note" ? noteAt(style, point) : textAt(style, point)) }, null);
  }

  /** Change what is written on the board already. */
  edit(object) {
    this.desk.hide(new Set([object.id]));
    this.desk.select(new Set());
    this.#open({ ...object }, object);
  }

  /** Put the text on the board. */
  finish() {
    this.#close(true);
  }

  /** Forget what was written. */
  cancel() {
    this.#close(false);
  }

  /** Colour or size was chosen while writing. */
  restyle(changes) {
    if (!this.#draft) return;
    for (const key of ["color", "size"]) if (key in changes) this.#draft[key] = changes[key];
    this.#layOut();
  }

  /** The board has another size now. */
  resize() {
    if (this.#field) this.#layOut();
  }

  #open(draft, original) {
    this.finish();
    this.#draft = draft;
    this.#original = original;
    this.#page = this.desk.page;
    const field = document.createElement("textarea");
    field.maxLength = MAX_TEXT;
    field.value = draft.text;
    field.rows = 1;
    field.spellcheck = false;
    field.setAttribute("aria-label", draft.kind === "note" ? t("Text of the note") : t("Text on the board"));
    field.addEventListener("input", () => this.#layOut());
    field.addEventListener("blur", () => this.finish());
    field.addEventListener("keydown", (event) => this.#key(event));
    this.#field = field;
    this.desk.isWriting = true;
    this.paper.append(field);
    this.#layOut();
    field.focus({ preventScroll: true });
  }

  #key(event) {
    event.stopPropagation();
    const done = event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey));
    if (!done || event.isComposing) return;
    event.preventDefault();
    this.finish();
    this.paper.focus({ preventScroll: true });
  }

  #layOut() {
    const { kind, color, x, y, w, h, size } = this.#draft;
    const scale = this.paper.clientWidth / WIDTH;
    const { style } = this.#field;
    const note = kind === "note";
    this.#field.className = `board-writing board-writing-${kind} board-ink-${color}`;
    style.left = `${(x / UNITS) * 100}%`;
    style.top = `${(y / UNITS) * 100}%`;
    style.width = `${(w / UNITS) * 100}%`;
    style.fontSize = `${FONT_SIZES[size] * scale}px`;
    style.lineHeight = String(LINE_HEIGHT);
    style.padding = note ? `${NOTE_PADDING * scale}px` : "0";
    style.height = "0";
    style.minHeight = note ? `${(h / UNITS) * HEIGHT * scale}px` : "0";
    style.height = `${this.#field.scrollHeight}px`;
  }

  #close(keep) {
    const field = this.#field;
    if (!field) return;
    const draft = this.#draft;
    const original = this.#original;
    this.#field = this.#draft = this.#original = null;
    this.desk.isWriting = false;
    field.remove();
    this.desk.hide(new Set());
    if (keep) this.#write({ ...draft, text: clean(field.value) }, original);
  }

  #write(object, original) {
    if (object.kind === "note") object.h = noteHeight(object);
    if (!original) {
      if (object.text) this.desk.add([object], this.#page);
      return;
    }
    if (!this.desk.has(original.id, this.#page)) return;
    if (!object.text) {
      this.desk.act([{ op: "delete", id: original.id }], this.#page);
      return;
    }
    const changes = {};
    for (const key of Object.keys(object)) if (object[key] !== original[key]) changes[key] = object[key];
    if (Object.keys(changes).length) this.desk.act([{ op: "set", id: original.id, ...changes }], this.#page);
  }
}

/** Text as the schema wants it: new lines but no other control characters, no blank ends, no half characters. */
function clean(text) {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll("\t", " ")
    .replaceAll(/(?!\n)\p{Cc}/gu, "")
    .replace(/^\n+/, "")
    .trimEnd()
    .slice(0, MAX_TEXT)
    .replaceAll(/\p{Surrogate}/gu, "");
}
