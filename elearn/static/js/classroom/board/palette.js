/** The colours of the board, read from the tokens: six pens, the marker, paper and chalkboard, and what is mixed from them. */

const PENS = ["black", "blue", "red", "green", "orange", "violet"];

export function readPalette(element) {
  const style = getComputedStyle(element);
  const token = (name) => rgb(style.getPropertyValue(name).trim());
  const paper = token("--board-paper");
  const chalkboard = token("--board-chalk");
  const marker = token("--board-marker");
  const pens = Object.fromEntries(PENS.map((name) => [name, token(`--pen-${name}`)]));
  const all = { ...pens, yellow: marker };
  const each = (make) => Object.fromEntries(Object.entries(all).map(([name, color]) => [name, css(make(color, name))]));
  const tint = (color, name) => (name === "yellow" ? color : mix(color, paper, 0.62));
  return {
    paper: css(paper),
    chalkboard: css(chalkboard),
    ink: css(pens.black),
    marker: css(marker),
    squares: css(mix(pens.blue, paper, 0.84)),
    rules: css(mix(pens.blue, paper, 0.78)),
    margin: css(mix(pens.red, paper, 0.7)),
    pen: each((color) => color),
    chalk: each((color, name) => (name === "black" ? paper : mix(color, paper, name === "yellow" ? 0.2 : 0.6))),
    highlighter: each(tint),
    note: each((color) => mix(color, paper, color === marker ? 0.6 : 0.8)),
    noteEdge: each((color) => mix(mix(color, pens.black, 0.15), paper, color === marker ? 0.1 : 0.5)),
  };
}

/** Two colours mixed; `share` is the part of the second. */
const mix = (a, b, share) => a.map((value, at) => Math.round(value * (1 - share) + b[at] * share));
const css = (color) => `rgb(${color.join(" ")})`;

function rgb(hex) {
  const digits = hex.replace("#", "");
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16) || 0);
}
