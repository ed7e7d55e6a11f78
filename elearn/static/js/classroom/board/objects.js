/** Makes the objects of docs/whiteboard.md from what a hand did. Points are coordinates, not yet whole numbers. */
import { t } from "../../lib/words.js";
import { clampCoordinate, encode, HEIGHT, simplify, UNITS, WIDTH } from "./strokes.js";
import { FONT_SIZES, layout, LINE_HEIGHT, NOTE_PADDING } from "./text.js";

export const MAX_TEXT = 2000;
const NOTE = { w: 2300, h: 1900 };
const WIDEST_TEXT = 7000;

export const isFreehand = (kind) => kind === "pen" || kind === "highlighter";
export const isLine = (kind) => kind === "line" || kind === "arrow";
export const isShape = (kind) => isLine(kind) || kind === "rect" || kind === "ellipse";
export const isWriting = (kind) => kind === "text" || kind === "note";

/** The part of a style that is stored with an object of this kind. */
export function styleFor(kind, { color, width, dash, size }) {
  if (isWriting(kind)) return { kind, color, size };
  return isShape(kind) ? { kind, color, width, dash } : { kind, color, width };
}

export const freehand = (style, points) => ({ ...style, points: encode(simplify(points)) });

/** A line, arrow, rectangle or ellipse between two corners. */
export function shape(style, [ax, ay], [bx, by]) {
  const [x1, y1, x2, y2] = [ax, ay, bx, by].map(clampCoordinate);
  if (isLine(style.kind)) return { ...style, x1, y1, x2, y2 };
  return {
    ...style,
    x: Math.min(x1, x2),
    y: Math.min(y1, y2),
    w: Math.max(1, Math.abs(x2 - x1)),
    h: Math.max(1, Math.abs(y2 - y1)),
  };
}

/** Where text begins when somebody points at the middle of its first letter. */
export function textAt(style, [x, y]) {
  const half = (FONT_SIZES[style.size] * LINE_HEIGHT * UNITS) / HEIGHT / 2;
  const left = clampCoordinate(Math.min(x, 9600));
  return { ...style, x: left, y: clampCoordinate(y - half), w: Math.min(WIDEST_TEXT, Math.max(2000, 9800 - left)), text: "" };
}

export function noteAt(style, [x, y]) {
  return { ...style, x: clampCoordinate(Math.min(x, UNITS - NOTE.w)), y: clampCoordinate(Math.min(y, UNITS - NOTE.h)), ...NOTE, text: "" };
}

/** A note as high as its text needs. */
export function noteHeight(note) {
  const { height } = layout({ ...note, h: 14_000 });
  return Math.min(14_000, Math.max(NOTE.h, Math.ceil(((height + 2 * NOTE_PADDING) * UNITS) / HEIGHT)));
}

/** Keep the second corner of a square, circle or line of 0, 45 or 90 degrees, as the eye sees it. */
export function constrain(kind, [ax, ay], [bx, by]) {
  const [dx, dy] = [((bx - ax) * WIDTH) / UNITS, ((by - ay) * HEIGHT) / UNITS];
  let [width, height] = [dx, dy];
  if (isLine(kind)) {
    const angle = Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) * (Math.PI / 4);
    const length = dx * Math.cos(angle) + dy * Math.sin(angle);
    [width, height] = [length * Math.cos(angle), length * Math.sin(angle)];
  } else {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    [width, height] = [side * (Math.sign(dx) || 1), side * (Math.sign(dy) || 1)];
  }
  return [ax + (width * UNITS) / WIDTH, ay + (height * UNITS) / HEIGHT];
}

/** What a kind is called as the object of a sentence; in other languages in the accusative. */
export const NAMES = {
  pen: t("a line"),
  highlighter: t("a highlight"),
  line: t("a straight line"),
  arrow: t("an arrow"),
  rect: t("a rectangle"),
  ellipse: t("an ellipse"),
  text: t("text"),
  note: t("a note"),
};
