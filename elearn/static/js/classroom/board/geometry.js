/** Where objects are, in board pixels: bounds, hits, and what moving them changes. */
import { decode, distanceToSegment, HEIGHT, HIGHEST, LOWEST, toPixels, UNITS, WIDTH } from "./strokes.js";
import { box, HIGHLIGHTER_SIZES, PEN_SIZES } from "./render.js";
import { layout } from "./text.js";

const ways = new WeakMap();

/** The points of a freehand object in board pixels. */
function way(object) {
  if (!ways.has(object)) ways.set(object, decode(object.points).map(toPixels));
  return ways.get(object);
}

const thickness = ({ kind, width }) => (kind === "highlighter" ? HIGHLIGHTER_SIZES : PEN_SIZES)[width] ?? 0;

/** {left, top, right, bottom} in board pixels, the thickness of lines included. */
export function bounds(object) {
  if (object.kind === "text") {
    const [x, y] = toPixels([object.x, object.y]);
    const { width, height } = layout(object);
    return { left: x, top: y, right: x + width, bottom: y + height };
  }
  if (object.kind === "note") return frame(...box(object), 1);
  if (object.kind === "rect" || object.kind === "ellipse") return frame(...box(object), thickness(object) / 2);
  const points = object.points ? way(object) : ends(object);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const margin = object.kind === "arrow" ? thickness(object) * 2 + 8 : thickness(object) * 0.75;
  return frame(left, top, Math.max(...xs) - left, Math.max(...ys) - top, margin);
}

const frame = (x, y, w, h, margin) => ({ left: x - margin, top: y - margin, right: x + w + margin, bottom: y + h + margin });
const ends = ({ x1, y1, x2, y2 }) => [toPixels([x1, y1]), toPixels([x2, y2])];

export function unite(all) {
  return all.reduce((a, b) => ({
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  }));
}

export const inside = (b, [x, y], margin = 0) => x >= b.left - margin && x <= b.right + margin && y >= b.top - margin && y <= b.bottom + margin;
export const encloses = (a, b) => b.left >= a.left && b.right <= a.right && b.top >= a.top && b.bottom <= a.bottom;

/** Does a point (board pixels) touch what is drawn of the object? */
export function hits(object, point, tolerance) {
  if (!inside(bounds(object), point, tolerance)) return false;
  if (object.kind === "text" || object.kind === "note") return true;
  const near = tolerance + thickness(object) / 2;
  if (object.kind === "rect") {
    const [x, y, w, h] = box(object);
    const corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]];
    return touches(corners, point, near);
  }
  if (object.kind === "ellipse") return touches(around(object), point, near);
  return touches(object.points ? way(object) : ends(object), point, near);
}

function touches(points, point, near) {
  if (points.length === 1) return Math.hypot(points[0][0] - point[0], points[0][1] - point[1]) <= near;
  return points.some((to, at) => at > 0 && distanceToSegment(point, points[at - 1], to) <= near);
}

/** An ellipse as 48 short lines. */
function around(object) {
  const [x, y, w, h] = box(object);
  return Array.from({ length: 49 }, (_, at) => {
    const angle = (at / 48) * Math.PI * 2;
    return [x + w / 2 + (w / 2) * Math.cos(angle), y + h / 2 + (h / 2) * Math.sin(angle)];
  });
}

/** The object under a point: the topmost line that is touched, else the smallest shape that it lies in. */
export function pick(objects, point, tolerance) {
  const touched = objects.findLast((object) => hits(object, point, tolerance));
  if (touched) return touched;
  const enclosing = objects.filter((object) => (object.kind === "rect" || object.kind === "ellipse") && inside(bounds(object), point));
  return enclosing.sort((a, b) => a.w * a.h - b.w * b.h)[0] ?? null;
}

/** The farthest that objects may go of (dx, dy) in coordinates without leaving the reach of the board. */
export function allowed(objects, dx, dy) {
  const corners = objects.flatMap(extremes);
  const clamp = (delta, values) => Math.round(Math.min(HIGHEST - Math.max(...values), Math.max(LOWEST - Math.min(...values), delta)));
  return [clamp(dx, corners.map(([x]) => x)), clamp(dy, corners.map(([, y]) => y))];
}

function extremes(object) {
  if (object.points) return decode(object.points);
  if ("x1" in object) return [[object.x1, object.y1], [object.x2, object.y2]];
  return [[object.x, object.y]];
}

/** The properties that moving by (dx, dy) coordinates changes. */
export function moved(object, dx, dy) {
  if (object.points) return { points: [object.points[0] + dx, object.points[1] + dy, ...object.points.slice(2)] };
  if ("x1" in object) return { x1: object.x1 + dx, y1: object.y1 + dy, x2: object.x2 + dx, y2: object.y2 + dy };
  return { x: object.x + dx, y: object.y + dy };
}

/** Board pixels of a point that was dragged out, as coordinates. */
export const toUnits = ([x, y]) => [(x / WIDTH) * UNITS, (y / HEIGHT) * UNITS];
