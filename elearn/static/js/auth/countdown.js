// A button that rests for a while: it says how long, and works again by itself. Without the script the server says so.
// Reads: data-seconds (how long from now).
import { t } from "../lib/words.js";

const SECOND = 1000;

export default class Countdown {
  constructor(button) {
    this.button = button;
    this.label = button.querySelector(".btn-label") ?? button;
    this.words = this.label.textContent;
    this.end = performance.now() + Number(button.dataset.seconds) * SECOND;
    button.addEventListener("click", (event) => {
      if (this.left > 0) event.preventDefault();
    });
    if (this.left > 0) this.tick();
  }

  get left() {
    return Math.max(0, Math.ceil((this.end - performance.now()) / SECOND));
  }

  tick() {
    const seconds = this.left;
    if (seconds === 0) {
      this.label.textContent = this.words;
      this.button.removeAttribute("aria-disabled");
      return;
    }
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.button.setAttribute("aria-disabled", "true");
    this.label.textContent = t("%(words)s in %(time)s", { words: this.words, time });
    window.setTimeout(() => this.tick(), SECOND / 4);
  }
}
