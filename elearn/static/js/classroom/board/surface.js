/**
 * The two canvases of the board: what is committed, and above it what is being drawn, selected or moved. Both draw at most once per
 * frame and only when something changed; `scene` is asked what to draw.
 */
import { bounds, unite } from "./geometry.js";
import { readPalette } from "./palette.js";
import { drawBackground, drawObjects, scaleToBoard } from "./render.js";
import { WIDTH } from "./strokes.js";
import { useFont } from "./text.js";

const MARGIN = 12;

export class Surface {
  #drawn = null;
  #drawnOn = null;
  #liveArea = null;
  #dirty = { committed: false, live: false };
  #frame = 0;
  #observer = null;

  constructor({ paper, committed, live, scene, onResize }) {
    Object.assign(this, { paper, scene, onResize });
    this.palette = readPalette(paper);
    this.committed = committed.getContext("2d");
    this.live = live.getContext("2d");
    this.#observer = new ResizeObserver((entries) => this.#resize(entries[0]));
    try {
      this.#observer.observe(committed, { box: "device-pixel-content-box" });
    } catch {
      this.#observer.observe(committed);
    }
    this.#loadFont();
  }

  close() {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** The page changed. */
  invalidate() {
    this.#dirty.committed = true;
    this.#request();
  }

  /** What is in progress, selected or moving changed. */
  invalidateLive() {
    this.#dirty.live = true;
    this.#request();
  }

  /** Board pixels per pixel of the screen: a finger's width is the same on every screen. */
  get perPixel() {
    return WIDTH / (this.paper.clientWidth || WIDTH);
  }

  /** Draw now what would be drawn in the next frame. */
  flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#dirty.committed) this.#drawCommitted();
    if (this.#dirty.live) this.#drawLive();
    this.#dirty = { committed: false, live: false };
  }

  #request() {
    this.#frame ||= requestAnimationFrame(() => this.flush());
  }

  #resize(entry) {
    const ratio = globalThis.devicePixelRatio || 1;
    const device = entry.devicePixelContentBoxSize?.[0];
    const width = nearest(entry.contentRect.width * ratio, device?.inlineSize);
    const height = nearest(entry.contentRect.height * ratio, device?.blockSize);
    if (!width || !height || (this.committed.canvas.width === width && this.committed.canvas.height === height)) return;
    for (const { canvas } of [this.committed, this.live]) [canvas.width, canvas.height] = [width, height];
    this.#drawn = null;
    this.#liveArea = null;
    this.#dirty = { committed: true, live: true };
    this.flush();
    this.onResize();
  }

  async #loadFont() {
    const family = getComputedStyle(this.paper).getPropertyValue("--font-tool").trim() || "sans-serif";
    useFont(family);
    try {
      await document.fonts.load(`44px ${family}`);
    } catch {
      return;
    }
    useFont(family);
    this.#drawn = null;
    this.invalidate();
  }

  /** When the new list only continues the one that was drawn, the rest is painted on top: the pixels are the same. */
  #drawCommitted() {
    const background = this.scene.background();
    const hidden = this.scene.hidden();
    const list = this.scene.objects().filter((object) => !hidden.has(object.id));
    const before = this.#drawnOn === background ? this.#drawn : null;
    scaleToBoard(this.committed);
    if (before && before.length <= list.length && before.every((object, at) => object === list[at])) {
      drawObjects(this.committed, list.slice(before.length), this.palette, background);
    } else {
      drawBackground(this.committed, background, this.palette);
      drawObjects(this.committed, list, this.palette, background);
    }
    this.#drawn = list;
    this.#drawnOn = background;
  }

  #drawLive() {
    const drafts = this.scene.drafts();
    const { boxes, marquee } = this.scene.marks();
    const areas = [...drafts.map(bounds), ...boxes, ...(marquee ? [marquee] : [])];
    scaleToBoard(this.live);
    if (this.#liveArea) {
      const { left, top, right, bottom } = this.#liveArea;
      const margin = MARGIN * Math.max(1, this.perPixel);
      this.live.clearRect(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin);
    }
    this.#liveArea = areas.length ? unite(areas) : null;
    drawObjects(this.live, drafts, this.palette, this.scene.background(), { overlay: true });
    for (const box of boxes) this.#frameAround(box);
    if (marquee) this.#drawMarquee(marquee);
  }

  #frameAround({ left, top, right, bottom }) {
    const { live, palette, perPixel } = this;
    const gap = 4 * perPixel;
    const rect = [left - gap, top - gap, right - left + 2 * gap, bottom - top + 2 * gap];
    live.lineWidth = 4 * perPixel;
    live.strokeStyle = palette.marker;
    live.strokeRect(...rect);
    live.lineWidth = 1.5 * perPixel;
    live.strokeStyle = this.scene.background() === "blackboard" ? palette.paper : palette.ink;
    live.strokeRect(...rect);
  }

  #drawMarquee({ left, top, right, bottom }) {
    const { live, palette, perPixel } = this;
    live.save();
    live.globalAlpha = 0.25;
    live.fillStyle = palette.marker;
    live.fillRect(left, top, right - left, bottom - top);
    live.globalAlpha = 1;
    live.lineWidth = perPixel;
    live.setLineDash([4 * perPixel, 3 * perPixel]);
    live.strokeStyle = this.scene.background() === "blackboard" ? palette.paper : palette.ink;
    live.strokeRect(left, top, right - left, bottom - top);
    live.restore();
  }
}

/** The exact number of pixels, where the browser tells it; some tell CSS pixels while they imitate another screen. */
const nearest = (reckoned, told) => (told && Math.abs(told - reckoned) < 2 ? told : Math.round(reckoned));
