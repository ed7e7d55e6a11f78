/**
 * What a pointer does between down and up, one class per way: move(points, event), end(), cancel(). Points are coordinates.
 * `desk` is the board: its objects, style, selection, drafts and the operations that it sends.
 */
import { allowed, bounds, encloses, hits, moved, pick } from "./geometry.js";
import { constrain, freehand, shape } from "./objects.js";
import { encode, MAX_POINTS, simplify, toPixels } from "./strokes.js";
import { newId } from "./sync.js";

/** How much of the way to the hand the line goes with each point: takes out the tremble, not the shape. */
const FOLLOW = 0.62;
/** When to look whether a stroke has become too long; thinned, that is far below the limit in all but scribbles. */
const LONG = MAX_POINTS - 100;
/** Points nearer than this, in board pixels, are one. */
const NEAREST = 1.2;
/** A shape or a move begins here, in pixels of the screen; less is a click. */
const DEAD_ZONE = 4;
const ERASER = 9;
const ERASER_STEP = 8;

const far = (a, b) => Math.hypot(toPixels(a)[0] - toPixels(b)[0], toPixels(a)[1] - toPixels(b)[1]);

export class Freehand {
  constructor(desk, style, start) {
    Object.assign(this, { desk, style });
    this.#begin(start);
  }

  #begin(start) {
    this.id = newId();
    this.points = [start];
    this.raw = start;
    this.desk.live.begin(this.id, this.style);
    this.desk.live.extend([start]);
    this.#show();
  }

  move(points) {
    for (const raw of points) {
      this.raw = raw;
      const last = this.points[this.points.length - 1];
      const next = [last[0] + (raw[0] - last[0]) * FOLLOW, last[1] + (raw[1] - last[1]) * FOLLOW];
      if (far(last, next) < NEAREST) continue;
      this.points.push(next);
      this.desk.live.extend([next]);
    }
    if (this.points.length >= LONG) this.#thin();
    this.#show();
  }

  end() {
    if (this.points.length > 1) this.points.push(this.raw);
    this.#commit();
  }

  cancel() {
    this.desk.live.cancel();
    this.desk.setDrafts([]);
  }

  #show() {
    this.desk.setDrafts([{ id: this.id, ...this.style, points: encode(this.points) }]);
  }

  /** A very long stroke is thinned while it grows, and goes on as another one when that is not enough. */
  #thin() {
    this.points = simplify(this.points);
    if (this.points.length < LONG / 2) return;
    const last = this.points[this.points.length - 1];
    this.#commit();
    this.#begin(last);
  }

  #commit() {
    const object = freehand(this.style, this.points);
    this.desk.setDrafts([]);
    this.desk.add([{ id: this.id, ...object }]);
    this.desk.live.end();
  }
}

export class Shape {
  constructor(desk, style, start) {
    Object.assign(this, { desk, style, start, id: newId(), object: null });
    desk.live.begin(this.id, style);
  }

  move(points, event) {
    const hand = points[points.length - 1];
    const corner = event?.shiftKey ? constrain(this.style.kind, this.start, hand) : hand;
    if (!this.object && far(this.start, corner) < DEAD_ZONE * this.desk.perPixel) return;
    this.object = { id: this.id, ...shape(this.style, this.start, corner) };
    this.desk.live.replace([this.start, corner]);
    this.desk.setDrafts([this.object]);
  }

  end() {
    this.desk.setDrafts([]);
    if (!this.object) {
      this.desk.live.cancel();
      return;
    }
    this.desk.add([this.object]);
    this.desk.live.end();
  }

  cancel() {
    this.desk.live.cancel();
    this.desk.setDrafts([]);
  }
}

/** Takes whole objects away: they vanish under the eraser, and are deleted together when it is lifted. */
export class Erase {
  constructor(desk, start) {
    Object.assign(this, { desk, last: start, ids: new Set() });
    this.#touch(start);
  }

  move(points) {
    for (const point of points) {
      const steps = Math.max(1, Math.ceil(far(this.last, point) / ERASER_STEP));
      const [fx, fy] = this.last;
      for (let step = 1; step <= steps; step += 1) {
        this.#touch([fx + ((point[0] - fx) * step) / steps, fy + ((point[1] - fy) * step) / steps]);
      }
      this.last = point;
    }
  }

  end() {
    this.desk.hide(new Set());
    const there = new Set(this.desk.objects.map(({ id }) => id));
    this.desk.act([...this.ids].filter((id) => there.has(id)).map((id) => ({ op: "delete", id })));
  }

  cancel() {
    this.desk.hide(new Set());
  }

  #touch(point) {
    const pixels = toPixels(point);
    const before = this.ids.size;
    for (const object of this.desk.objects) {
      if (!this.ids.has(object.id) && hits(object, pixels, ERASER * Math.max(1, this.desk.perPixel))) this.ids.add(object.id);
    }
    if (this.ids.size !== before) this.desk.hide(new Set(this.ids));
  }
}

/** Selects by click or by a frame, and moves what is selected. */
export class Select {
  constructor(desk, start, event) {
    Object.assign(this, { desk, start, moving: null, shift: [0, 0], frame: null });
    const pixels = toPixels(start);
    const object = pick(desk.objects, pixels, 8 * Math.max(1, desk.perPixel));
    const several = event?.shiftKey ?? false;
    this.kept = several ? new Set(desk.selection) : new Set();
    if (!object) {
      desk.select(this.kept);
      this.frame = pixels;
      return;
    }
    if (several && desk.selection.has(object.id)) {
      this.kept.delete(object.id);
      desk.select(this.kept);
      return;
    }
    if (!desk.selection.has(object.id)) desk.select(new Set([...this.kept, object.id]));
    this.moving = desk.objects.filter(({ id }) => desk.selection.has(id));
    this.begun = false;
  }

  move(points) {
    const hand = points[points.length - 1];
    if (this.frame) {
      this.#drawFrame(toPixels(hand));
    } else if (this.moving && (this.begun || far(this.start, hand) >= DEAD_ZONE * this.desk.perPixel)) {
      this.begun = true;
      this.shift = allowed(this.moving, hand[0] - this.start[0], hand[1] - this.start[1]);
      this.desk.hide(new Set(this.moving.map(({ id }) => id)));
      this.desk.setDrafts(this.moving.map((object) => ({ ...object, ...moved(object, ...this.shift) })));
    }
  }

  end() {
    this.desk.setMarquee(null);
    if (!this.begun) return;
    const ids = new Set(this.moving.map(({ id }) => id));
    this.#clear();
    this.desk.move(ids, ...this.shift);
  }

  cancel() {
    this.desk.setMarquee(null);
    if (this.begun) this.#clear();
  }

  #clear() {
    this.desk.setDrafts([]);
    this.desk.hide(new Set());
  }

  #drawFrame([x, y]) {
    const [fx, fy] = this.frame;
    const frame = { left: Math.min(x, fx), top: Math.min(y, fy), right: Math.max(x, fx), bottom: Math.max(y, fy) };
    const inside = this.desk.objects.filter((object) => encloses(frame, bounds(object)));
    this.desk.select(new Set([...this.kept, ...inside.map(({ id }) => id)]));
    this.desk.setMarquee(frame);
  }
}
