/** How text on the board breaks into lines: measured in board pixels, so that every screen breaks it at the same place. */
import { HEIGHT, UNITS, WIDTH } from "./strokes.js";

/** Heights of the letters for size 1, 2 and 3, in board pixels. */
export const FONT_SIZES = [0, 30, 44, 68];
export const LINE_HEIGHT = 1.3;
export const NOTE_PADDING = 24;

let family = "sans-serif";
let context = null;
let layouts = new WeakMap();

/** Use this font from now on; whatever was measured before is forgotten. */
export function useFont(name) {
  family = name;
  layouts = new WeakMap();
}

export const fontOf = (size) => `${FONT_SIZES[size]}px ${family}`;

/** Lines of a text or note, and the size of the block they make, in board pixels. */
export function layout(object) {
  let found = layouts.get(object);
  if (!found) {
    found = measure(object);
    layouts.set(object, found);
  }
  return found;
}

function measure({ kind, text, size, w, h }) {
  context ??= document.createElement("canvas").getContext("2d");
  context.font = fontOf(size);
  const room = (w * WIDTH) / UNITS - (kind === "note" ? 2 * NOTE_PADDING : 0);
  let lines = text.split("\n").flatMap((line) => wrap(line, room));
  const lineHeight = FONT_SIZES[size] * LINE_HEIGHT;
  if (kind === "note") lines = lines.slice(0, Math.max(1, Math.floor(((h * HEIGHT) / UNITS - 2 * NOTE_PADDING) / lineHeight + 0.5)));
  const width = Math.max(...lines.map((line) => context.measureText(line).width), 1);
  return { lines, lineHeight, width, height: lines.length * lineHeight };
}

function wrap(line, room) {
  const lines = [];
  let current = "";
  for (const word of line.split(/(?<=\s)/u)) {
    if (fits(current + word, room)) {
      current += word;
      continue;
    }
    if (current) lines.push(current.trimEnd());
    current = "";
    for (const letter of word) {
      if (current && !fits(current + letter, room)) {
        lines.push(current);
        current = "";
      }
      current += letter;
    }
  }
  lines.push(current.trimEnd());
  return lines;
}

const fits = (text, room) => context.measureText(text.trimEnd()).width <= room;
