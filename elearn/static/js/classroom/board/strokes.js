/**
 * Freehand points: the flat integer list of docs/whiteboard.md, and the smooth outline that is drawn from it.
 * A board is 10000 x 10000 in coordinates and WIDTH x HEIGHT in board pixels, which is what shapes are measured in.
 */
import { getStroke } from "perfect-freehand";

export const WIDTH = 1600;
export const HEIGHT = 1000;
export const UNITS = 10000;
export const LOWEST = -2000;
export const HIGHEST = 12000;
export const MAX_POINTS = 1000;
const X_SCALE = WIDTH / UNITS;
const Y_SCALE = HEIGHT / UNITS;
/** How far a thinned stroke may leave the hand's way, in board pixels. */
const TOLERANCE = 0.8;
/** The outline is laid on points this far apart, so that thinning does not show. */
const STEP = 6;

export const toPixels = ([x, y]) => [x * X_SCALE, y * Y_SCALE];
export const clampCoordinate = (value) => Math.min(HIGHEST, Math.max(LOWEST, Math.round(value)));

/** Write points [[x, y], ...] as [x, y, dx, dy, ...] in integers; points that fall together become one. */
export function encode(points) {
  const flat = [];
  let [lastX, lastY] = [0, 0];
  for (const point of points) {
    const x = clampCoordinate(point[0]);
    const y = clampCoordinate(point[1]);
    if (flat.length && x === lastX && y === lastY) continue;
    flat.push(x - lastX, y - lastY);
    [lastX, lastY] = [x, y];
  }
  return flat;
}

/** Read [x, y, dx, dy, ...] back into [[x, y], ...]. */
export function decode(flat) {
  const points = [];
  let [x, y] = [0, 0];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    x += flat[at];
    y += flat[at + 1];
    points.push([x, y]);
  }
  return points;
}

/** Thin a stroke (Ramer-Douglas-Peucker, without recursion): first and last point stay. */
export function simplify(points, tolerance = TOLERANCE) {
  if (points.length < 3) return points.slice();
  const pixels = points.map(toPixels);
  const kept = new Uint8Array(points.length);
  kept[0] = kept[points.length - 1] = 1;
  const ranges = [[0, points.length - 1]];
  while (ranges.length) {
    const [from, to] = ranges.pop();
    let farthest = tolerance;
    let index = 0;
    for (let at = from + 1; at < to; at += 1) {
      const away = distanceToSegment(pixels[at], pixels[from], pixels[to]);
      if (away > farthest) [farthest, index] = [away, at];
    }
    if (index) {
      kept[index] = 1;
      ranges.push([from, index], [index, to]);
    }
  }
  return points.filter((_, at) => kept[at]);
}

export function distanceToSegment([x, y], [x1, y1], [x2, y2]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length)) : 0;
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

/** The closed outline of a stroke in board pixels, as a Path2D. */
export function outline(flat, size) {
  const path = new Path2D();
  const pixels = decode(flat).map(toPixels);
  if (pixels.length === 1) {
    path.arc(pixels[0][0], pixels[0][1], size * 0.75, 0, Math.PI * 2);
    return path;
  }
  const edge = getStroke(resample(pixels), {
    size,
    thinning: 0,
    smoothing: 0.5,
    streamline: 0,
    simulatePressure: false,
    last: true,
  });
  if (edge.length < 3) return path;
  path.moveTo(...middle(edge[edge.length - 1], edge[0]));
  for (let at = 0; at < edge.length; at += 1) {
    path.quadraticCurveTo(...edge[at], ...middle(edge[at], edge[(at + 1) % edge.length]));
  }
  path.closePath();
  return path;
}

const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** Lay points on a Catmull-Rom curve through the thinned ones; sharp corners stay sharp. */
function resample(points) {
  const out = [points[0]];
  for (let at = 0; at + 1 < points.length; at += 1) {
    const [b, c] = [points[at], points[at + 1]];
    const length = Math.hypot(c[0] - b[0], c[1] - b[1]);
    const steps = Math.min(400, Math.ceil(length / STEP));
    const leave = tangent(points[at - 1], b, c, length);
    const arrive = tangent(b, c, points[at + 2], length);
    for (let step = 1; step < steps; step += 1) out.push(hermite(b, c, leave, arrive, step / steps));
    out.push(c);
  }
  return out;
}

/** The direction at `here`, as long as the segment; along the chord of its neighbours unless the turn is sharp. */
function tangent(before, here, after, length) {
  if (!before || !after) {
    const [from, to] = before ? [before, here] : [here, after];
    return [to[0] - from[0], to[1] - from[1]];
  }
  const inward = unit(before, here);
  const outward = unit(here, after);
  if (inward[0] * outward[0] + inward[1] * outward[1] < 0.3) return [0, 0];
  const [dx, dy] = [inward[0] + outward[0], inward[1] + outward[1]];
  const size = Math.hypot(dx, dy) || 1;
  return [(dx / size) * length, (dy / size) * length];
}

function unit(a, b) {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  return [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
}

function hermite(b, c, leave, arrive, t) {
  const [t2, t3] = [t * t, t * t * t];
  const [h1, h2, h3, h4] = [2 * t3 - 3 * t2 + 1, t3 - 2 * t2 + t, 3 * t2 - 2 * t3, t3 - t2];
  return [
    h1 * b[0] + h2 * leave[0] + h3 * c[0] + h4 * arrive[0],
    h1 * b[1] + h2 * leave[1] + h3 * c[1] + h4 * arrive[1],
  ];
}
