/** What lies on this person's desk: tool and style, selection, what is in the hand; and the operations that follow from it. */
import { t, tn } from "../../lib/words.js";
import { allowed, bounds, moved } from "./geometry.js";
import { isShape, isWriting, NAMES, shape, styleFor } from "./objects.js";

const TOOLS = new Set(["select", "eraser", ...Object.keys(NAMES)]);
/** Where writing by keyboard begins, and how far below each other such texts stand, in coordinates. */
const FIRST_PLACE = [800, 900];
const NEXT_LINE = 900;
const COLORS = {
  black: t("black"), blue: t("blue"), red: t("red"), green: t("green"), orange: t("orange"), violet: t("violet"), yellow: t("yellow"),
};

export class Desk {
  tool = "pen";
  selection = new Set();
  hidden = new Set();
  drafts = [];
  marquee = null;
  mayDraw = false;
  mayTeach = false;
  isWriting = false;
  #colors = { ink: "black", highlighter: "yellow", note: "yellow" };
  #widths = { pen: 2, highlighter: 2, shape: 2 };
  #sizes = { text: 2, note: 1 };
  #dash = 0;

  /** `surface` draws, `onChoice` hears of every change of tool or style, `say` speaks to those who do not see. */
  constructor({ sync, live, me, surface, onChoice, say }) {
    Object.assign(this, { sync, live, me, surface, onChoice, say });
  }

  get page() {
    return this.sync.page;
  }

  get objects() {
    return this.page ? this.sync.replica(this.page).list : [];
  }

  has(id, page) {
    return this.sync.replica(page).objects.has(id);
  }

  get perPixel() {
    return this.surface.perPixel;
  }

  /** What the tool bar shows. */
  get choices() {
    const { tool } = this;
    const history = this.sync.history();
    return {
      tool,
      color: this.#colors[family(tool)],
      width: this.#widths[widthOf(tool)],
      size: this.#sizes[tool] ?? this.#sizes.text,
      dash: this.#dash,
      canUndo: history.canUndo,
      canRedo: history.canRedo,
      mayTeach: this.mayTeach,
      manyPages: this.sync.pages.length > 1,
    };
  }

  /** The style of new objects of a kind. */
  style(kind) {
    return styleFor(kind, {
      color: this.#colors[family(kind)],
      width: this.#widths[widthOf(kind)],
      size: this.#sizes[kind],
      dash: this.#dash,
    });
  }

  /** Take a tool or a style; what is selected takes the style as well. */
  choose({ tool, ...style }) {
    if (tool && TOOLS.has(tool)) {
      this.tool = tool;
      if (tool !== "select") this.select(new Set());
    }
    if (style.color) this.#colors[family(this.tool)] = style.color;
    if (style.width) this.#widths[widthOf(this.tool)] = style.width;
    if (style.size) this.#sizes[this.tool === "note" ? "note" : "text"] = style.size;
    if (style.dash !== undefined) this.#dash = style.dash;
    this.#restyleSelected(style);
    this.onChoice(style);
  }

  select(ids) {
    this.selection = ids;
    this.surface.invalidateLive();
  }

  setDrafts(drafts) {
    this.drafts = drafts;
    this.surface.invalidateLive();
  }

  setMarquee(marquee) {
    this.marquee = marquee;
    this.surface.invalidateLive();
  }

  /** Leave these objects out of the picture of the page: they are in the hand. */
  hide(ids) {
    this.hidden = ids;
    this.surface.invalidate();
  }

  /** Empty the hand. */
  putDown() {
    this.hide(new Set());
    this.setDrafts([]);
    this.setMarquee(null);
    this.select(new Set());
  }

  act(ops, page = this.page) {
    if (this.mayDraw) this.sync.act(ops, page);
  }

  /** Put new objects on top of the others. */
  add(objects, page = this.page) {
    let z = this.sync.replica(page).top;
    this.act(
      objects.map((object) => ({ op: "add", object: { ...object, z: (z += 1), by: this.me.id } })),
      page,
    );
  }

  move(ids, dx, dy) {
    const objects = this.objects.filter(({ id }) => ids.has(id));
    if (!objects.length) return;
    const [x, y] = allowed(objects, dx, dy);
    if (x || y) this.act(objects.map((object) => ({ op: "set", id: object.id, ...moved(object, x, y) })));
  }

  /** Show objects at another place without moving them yet; returns how far they may go. Null ends it. */
  showMoved(ids, dx, dy) {
    const objects = ids ? this.objects.filter(({ id }) => ids.has(id)) : [];
    const shift = objects.length ? allowed(objects, dx, dy) : [0, 0];
    this.hide(new Set(objects.map(({ id }) => id)));
    this.setDrafts(objects.map((object) => ({ ...object, ...moved(object, ...shift) })));
    return shift;
  }

  removeSelected() {
    const ids = [...this.selection];
    this.select(new Set());
    this.act(ids.map((id) => ({ op: "delete", id })));
    this.say(tn("Erased", "%(num)s things erased", ids.length));
  }

  replay(which) {
    if (!this.mayDraw) return;
    const done = this.sync[which]();
    this.say((done ? { undo: t("Undone"), redo: t("Done again") } : { undo: t("Nothing to undo"), redo: t("Nothing to redo") })[which]);
  }

  /** Put a shape into the middle, for those who do not use a pointer, and select it so that the arrow keys move it. */
  placeShape(kind) {
    const object = { id: crypto.randomUUID(), ...shape(this.style(kind), [4000, 4000], [6000, 6000]) };
    this.add([object]);
    this.choose({ tool: "select" });
    this.select(new Set([object.id]));
    this.say(t("Added %(thing)s. Arrow keys move it.", { thing: NAMES[kind] }));
  }

  /** A place for a text that is begun by keyboard: below those that stand there. */
  freePlace() {
    const [x, first] = FIRST_PLACE;
    for (let y = first; y < 9_500; y += NEXT_LINE) {
      const taken = this.objects.some((object) => isWriting(object.kind) && Math.abs(object.x - x) < 2_000 && Math.abs(object.y - y) < NEXT_LINE * 0.8);
      if (!taken) return [x, y];
    }
    return FIRST_PLACE;
  }

  describe(object) {
    const thing = NAMES[object.kind];
    const { text } = object;
    this.say(text ? t("Selected %(thing)s: %(text)s", { thing, text }) : t("Selected %(thing)s, %(color)s", { thing, color: COLORS[object.color] }));
  }

  /** The frames of what is selected, where it is shown now. */
  get boxes() {
    const inHand = new Map(this.drafts.map((draft) => [draft.id, draft]));
    const there = this.page ? this.sync.replica(this.page).objects : new Map();
    return [...this.selection].map((id) => inHand.get(id) ?? there.get(id)).filter(Boolean).map(bounds);
  }

  /** Others may have erased what was selected. */
  checkSelection() {
    const there = this.page ? this.sync.replica(this.page).objects : new Map();
    const left = [...this.selection].filter((id) => there.has(id));
    if (left.length !== this.selection.size) this.select(new Set(left));
  }

  #restyleSelected({ color, width, size, dash }) {
    const ops = [];
    for (const object of this.objects.filter(({ id }) => this.selection.has(id))) {
      const changes = {};
      if (color && color !== object.color) changes.color = color;
      if (width && "width" in object && width !== object.width) changes.width = width;
      if (size && "size" in object && size !== object.size) changes.size = size;
      if (dash !== undefined && isShape(object.kind) && dash !== object.dash) changes.dash = dash;
      if (Object.keys(changes).length) ops.push({ op: "set", id: object.id, ...changes });
    }
    this.act(ops);
  }
}

/** Highlighters and notes have colours of their own; all the rest shares one. */
const family = (kind) => (kind === "highlighter" || kind === "note" ? kind : "ink");
const widthOf = (kind) => (kind === "pen" || kind === "highlighter" ? kind : "shape");
