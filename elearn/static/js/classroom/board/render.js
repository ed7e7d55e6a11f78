/**
 * Draws a page: the same objects give the same pixels, whatever was drawn before. Everything is laid out in board pixels
 * (1600 x 1000) and scaled to the canvas.
 */
import { fontOf, layout, NOTE_PADDING } from "./text.js";
import { HEIGHT, outline, toPixels, UNITS, WIDTH } from "./strokes.js";

/** Thickness for width 1, 2 and 3, in board pixels. */
export const PEN_SIZES = [0, 3.5, 6, 12];
export const HIGHLIGHTER_SIZES = [0, 24, 36, 56];
const SQUARE = 50;
const RULE = 62.5;
/** From so many board pixels per pixel on, a picture shows fewer lines of the paper. */
const SMALL = 5;
const paths = new WeakMap();

/** Scale a context so that drawing happens in board pixels. */
export function scaleToBoard(context) {
  context.setTransform(context.canvas.width / WIDTH, 0, 0, context.canvas.height / HEIGHT, 0, 0);
}

export function drawBackground(context, background, palette) {
  const dark = background === "blackboard";
  context.fillStyle = dark ? palette.chalkboard : palette.paper;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const perPixel = WIDTH / context.canvas.width;
  const line = Math.max(1.5, perPixel * 0.8);
  const small = perPixel > SMALL ? 3 : 1;
  if (background === "squared") {
    context.fillStyle = palette.squares;
    for (let x = SQUARE * small; x < WIDTH; x += SQUARE * small) context.fillRect(x - line / 2, 0, line, HEIGHT);
    for (let y = SQUARE * small; y < HEIGHT; y += SQUARE * small) context.fillRect(0, y - line / 2, WIDTH, line);
  } else if (background === "ruled") {
    context.fillStyle = palette.rules;
    for (let y = 2 * RULE; y < HEIGHT; y += RULE * Math.min(2, small)) context.fillRect(0, y - line / 2, WIDTH, line);
    context.fillStyle = palette.margin;
    context.fillRect(160 - line / 2, 0, line, HEIGHT);
  }
}

/**
 * Draw objects in their order; kinds that this version does not know are left out. `overlay` is for a transparent canvas above the page,
 * where a highlighter has nothing below to be multiplied with.
 */
export function drawObjects(context, objects, palette, background, { overlay = false } = {}) {
  const dark = background === "blackboard";
  for (const object of objects) {
    context.save();
    drawObject(context, object, palette, dark, overlay);
    context.restore();
  }
}

export function drawPage(context, objects, palette, background) {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  scaleToBoard(context);
  drawBackground(context, background, palette);
  drawObjects(context, objects, palette, background);
}

function drawObject(context, object, palette, dark, overlay) {
  const ink = (dark ? palette.chalk : palette.pen)[object.color];
  switch (object.kind) {
    case "pen":
      context.fillStyle = ink;
      context.fill(pathOf(object));
      break;
    case "highlighter":
      context.fillStyle = palette.highlighter[object.color];
      if (dark || overlay) context.globalAlpha = dark ? 0.32 : 0.65;
      else context.globalCompositeOperation = "multiply";
      context.fill(pathOf(object));
      break;
    case "text":
      context.fillStyle = ink;
      drawLines(context, object, 0);
      break;
    case "note":
      drawNote(context, object, palette);
      break;
    default:
      drawShape(context, object, ink);
  }
}

function drawShape(context, object, ink) {
  const path = pathOf(object);
  if (!path) return;
  const size = PEN_SIZES[object.width];
  context.strokeStyle = ink;
  context.lineWidth = size;
  context.lineCap = "round";
  context.lineJoin = "round";
  if (object.dash) context.setLineDash([0.01, size * 2.6]);
  context.stroke(path);
  if (object.kind === "arrow") {
    context.setLineDash([]);
    context.stroke(arrowHead(object));
  }
}

/** The path of an object in board pixels; kept as long as the object lives. */
function pathOf(object) {
  let path = paths.get(object);
  if (path === undefined) {
    path = makePath(object);
    paths.set(object, path);
  }
  return path;
}

function makePath(object) {
  if (object.kind === "pen") return outline(object.points, PEN_SIZES[object.width]);
  if (object.kind === "highlighter") return outline(object.points, HIGHLIGHTER_SIZES[object.width]);
  const path = new Path2D();
  if (object.kind === "line" || object.kind === "arrow") {
    path.moveTo(...toPixels([object.x1, object.y1]));
    path.lineTo(...toPixels([object.x2, object.y2]));
  } else if (object.kind === "rect") {
    const [x, y, w, h] = box(object);
    path.roundRect(x, y, w, h, Math.min(8, w / 2, h / 2));
  } else if (object.kind === "ellipse") {
    const [x, y, w, h] = box(object);
    path.ellipse(x + w / 2, y + h / 2, w / 2, h / 2, 0, 0, Math.PI * 2);
  } else {
    return null;
  }
  return path;
}

export const box = ({ x, y, w, h }) => [(x * WIDTH) / UNITS, (y * HEIGHT) / UNITS, (w * WIDTH) / UNITS, (h * HEIGHT) / UNITS];

function arrowHead({ x1, y1, x2, y2, width }) {
  const [from, to] = [toPixels([x1, y1]), toPixels([x2, y2])];
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const length = Math.min(18 + PEN_SIZES[width] * 4, Math.hypot(to[0] - from[0], to[1] - from[1]) * 0.6);
  const path = new Path2D();
  for (const side of [-1, 1]) {
    path.moveTo(to[0] - length * Math.cos(angle + side * 0.45), to[1] - length * Math.sin(angle + side * 0.45));
    path.lineTo(...to);
  }
  return path;
}

function drawNote(context, object, palette) {
  const [x, y, w, h] = box(object);
  context.fillStyle = palette.note[object.color];
  context.fillRect(x, y, w, h);
  context.strokeStyle = palette.noteEdge[object.color];
  context.lineWidth = 2;
  context.strokeRect(x, y, w, h);
  context.fillStyle = palette.ink;
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  drawLines(context, object, NOTE_PADDING);
}

function drawLines(context, object, padding) {
  const [x, y] = toPixels([object.x, object.y]);
  const { lines, lineHeight } = layout(object);
  context.font = fontOf(object.size);
  context.textBaseline = "middle";
  lines.forEach((line, at) => context.fillText(line, x + padding, y + padding + (at + 0.5) * lineHeight));
}
