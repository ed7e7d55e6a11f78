/** Strokes in progress: one's own go out every 40 ms, those of others are drawn as they come. Nothing here is ever stored. */
import { shape, isFreehand, isShape } from "./objects.js";
import { decode, encode } from "./strokes.js";

const SEND_EVERY = 40;
const STYLE_EVERY = 8;
/** Points in one message: 400 integers. */
const CHUNK = 200;
const FORGET_AFTER = 5_000;
const LONGEST = 4_000;

export class Live {
  #own = null;
  #timer = null;
  #others = new Map();
  #sweep = null;

  constructor({ link, room, me, page, onChange }) {
    Object.assign(this, { link, room, me, page, onChange });
    this.off = link.on("live", (data) => data?.room === room && this.#take(data));
  }

  close() {
    this.off();
    this.cancel();
    clearInterval(this.#sweep);
  }

  /** Begin to tell about an own stroke. */
  begin(id, style) {
    this.cancel();
    this.#own = { id, page: this.page(), style, waiting: [], sent: 0 };
    this.#timer = setInterval(() => this.#flush(), SEND_EVERY);
  }

  extend(points) {
    this.#own?.waiting.push(...points);
  }

  /** The corners of a shape so far: they replace those before. */
  replace(corners) {
    if (this.#own) this.#own.waiting = corners;
  }

  /** The object itself is on its way now. */
  end() {
    this.#flush();
    this.#stop();
  }

  /** The stroke was given up: nobody should keep seeing it. */
  cancel() {
    if (this.#own?.sent) this.#send([]);
    this.#stop();
  }

  /** What others are drawing on a page, as objects that can be drawn. */
  drafts(page) {
    const drafts = [];
    for (const stroke of this.#others.values()) {
      if (stroke.page === page && stroke.style && stroke.points.length) drafts.push((stroke.object ??= asObject(stroke)));
    }
    return drafts;
  }

  /** The object has come. */
  drop(id) {
    if (this.#others.delete(id)) this.onChange();
  }

  #stop() {
    clearInterval(this.#timer);
    this.#own = null;
  }

  #flush() {
    const own = this.#own;
    if (!own?.waiting.length) return;
    const points = own.waiting.slice(0, CHUNK);
    own.waiting = own.waiting.slice(points.length);
    this.#send(encodeChunk(points));
  }

  #send(points) {
    const { id, page, style, sent } = this.#own;
    const message = { room: this.room, page, id, points };
    if (sent % STYLE_EVERY === 0) message.style = style;
    this.#own.sent += 1;
    this.link.send("live", message);
  }

  #take({ page, id, by, style, points }) {
    if (by === this.me.id || typeof id !== "string" || !Array.isArray(points)) return;
    if (!points.length) {
      this.drop(id);
      return;
    }
    const stroke = this.#others.get(id) ?? { id, page, style: null, points: [] };
    if (style && (isFreehand(style.kind) || isShape(style.kind))) stroke.style = style;
    const shapes = stroke.style && isShape(stroke.style.kind);
    stroke.points = shapes ? decode(points) : stroke.points.concat(decode(points)).slice(-LONGEST);
    stroke.object = null;
    stroke.at = performance.now();
    this.#others.set(id, stroke);
    this.#sweep ??= setInterval(() => this.#forget(), 1_000);
    this.onChange();
  }

  #forget() {
    const oldest = performance.now() - FORGET_AFTER;
    for (const [id, { at }] of this.#others) if (at < oldest) this.drop(id);
    if (!this.#others.size) {
      clearInterval(this.#sweep);
      this.#sweep = null;
    }
  }
}

/** A shape without a size has two equal corners, which must stay two. */
function encodeChunk(points) {
  const flat = encode(points);
  return flat.length === 2 && points.length === 2 ? [...flat, 0, 0] : flat;
}

function asObject({ id, style, points }) {
  if (isFreehand(style.kind)) return { id, ...style, points: encode(points) };
  return { id, ...shape(style, points[0], points[points.length - 1]) };
}
