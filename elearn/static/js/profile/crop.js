// Cuts the chosen photo to a square before it is sent: drag or arrow keys move it, wheel, pinch, slider or + and - zoom.
// Without it the server takes the middle. Reads: input[type=file], .photo-preview, and [data-crop] with [data-square]
// (canvas), [data-preview] (canvas), [data-zoom] (range, in percent), [data-reset].
import { t } from "../lib/words.js";

const SIDE = 512; // pixels; the server keeps no more
const FAR = 4;
const STEP = 0.02;
const LARGE_STEP = 0.1;
const QUALITY = 0.92;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ZOOMS = { "+": 1.1, "=": 1.1, "-": 1 / 1.1 };

const between = (low, value, high) => Math.min(Math.max(value, low), high);

export default class Crop {
  constructor(element) {
    this.input = element.querySelector("input[type='file']");
    this.small = element.querySelector(".photo-preview");
    this.box = element.querySelector("[data-crop]");
    this.square = this.box.querySelector("[data-square]");
    this.preview = this.box.querySelector("[data-preview]");
    this.slider = this.box.querySelector("[data-zoom]");
    this.pointers = new Map();
    this.changed = false;
    this.input.addEventListener("change", () => this.choose(this.input.files[0]));
    this.slider.addEventListener("input", () => this.zoomTo(Number(this.slider.value) / 100));
    this.box.querySelector("[data-reset]").addEventListener("click", () => this.reset());
    this.square.addEventListener("pointerdown", (event) => this.grab(event));
    this.square.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.square.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
    this.square.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    this.square.addEventListener("keydown", (event) => this.press(event));
    // Before the other listeners: they see the form again once the cut-out stands in it.
    this.input.form.addEventListener("submit", (event) => this.submit(event), { capture: true });
    if (this.input.files.length) this.choose(this.input.files[0]); // chosen before this module came
  }

  async choose(file) {
    this.image?.close();
    this.image = null;
    this.changed = false;
    this.box.hidden = true;
    if (!file) return;
    let image;
    try {
      image = await createImageBitmap(file);
    } catch {
      return; // what the browser cannot read the server explains
    }
    if (file !== this.input.files[0]) {
      image.close(); // another one was chosen meanwhile
      return;
    }
    this.image = image;
    this.shortest = Math.min(image.width, image.height);
    this.box.hidden = false;
    this.reset();
  }

  /** The side of the square within the image, in its pixels. */
  get side() {
    return this.shortest / this.zoom;
  }

  reset() {
    this.zoom = 1;
    this.x = (this.image.width - this.shortest) / 2;
    this.y = (this.image.height - this.shortest) / 2;
    this.show();
  }

  /** Move by parts of the square. */
  move(right, down) {
    this.x += right * this.side;
    this.y += down * this.side;
    this.show();
  }

  /** Zoom around the middle of the square. */
  zoomTo(zoom) {
    const before = this.side;
    this.zoom = between(1, zoom, FAR);
    this.x += (before - this.side) / 2;
    this.y += (before - this.side) / 2;
    this.show();
  }

  show() {
    this.x = between(0, this.x, this.image.width - this.side);
    this.y = between(0, this.y, this.image.height - this.side);
    this.changed = true;
    this.slider.value = String(Math.round(this.zoom * 100));
    this.slider.setAttribute("aria-valuetext", t("%(zoom)s times", { zoom: this.zoom.toFixed(1) }));
    for (const canvas of [this.square, this.preview]) this.draw(canvas);
    if (!this.mark) {
      this.mark = document.createElement("canvas");
      this.mark.width = this.mark.height = 80;
    }
    this.draw(this.mark);
    this.small.replaceChildren(this.mark);
  }

  draw(canvas) {
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white"; // as the server does with what is transparent
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.image, this.x, this.y, this.side, this.side, 0, 0, canvas.width, canvas.height);
  }

  grab(event) {
    this.square.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const spread = this.spread();
    const now = [event.clientX, event.clientY];
    this.pointers.set(event.pointerId, now);
    const width = this.square.clientWidth * this.pointers.size;
    this.move((before[0] - now[0]) / width, (before[1] - now[1]) / width);
    if (spread) this.zoomTo((this.zoom * this.spread()) / spread);
  }

  /** How far apart two fingers are. */
  spread() {
    if (this.pointers.size !== 2) return 0;
    const [first, second] = [...this.pointers.values()];
    return Math.hypot(first[0] - second[0], first[1] - second[1]);
  }

  turn(event) {
    event.preventDefault();
    this.zoomTo(this.zoom * Math.exp(-event.deltaY / 500));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    if (event.key in MOVES) this.move(...MOVES[event.key].map((direction) => direction * step));
    else if (event.key in ZOOMS) this.zoomTo(this.zoom * ZOOMS[event.key]);
    else return;
    event.preventDefault();
  }

  submit(event) {
    if (!this.changed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    this.changed = false; // should the canvas fail, the whole photo goes, and the server cuts it
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(Math.min(SIDE, this.side)) || 1;
    this.draw(canvas);
    canvas.toBlob((blob) => {
      if (blob) {
        const files = new DataTransfer();
        files.items.add(new File([blob], "photo.jpg", { type: blob.type }));
        this.input.files = files.files;
      }
      this.input.form.requestSubmit(submitter);
    }, "image/jpeg", QUALITY);
  }
}
