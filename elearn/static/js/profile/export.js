// Waits for the copy of one's own data; once it is there, or has failed, the page is loaded again and says so.
// Reads: [data-url] of its state, [data-trouble] inside.
import { get } from "../lib/http.js";

const LOOK_MS = 1500;
const SLOWEST_MS = 15_000;

export default class Export {
  constructor(element) {
    this.element = element;
    this.trouble = element.querySelector("[data-trouble]");
    this.pause = LOOK_MS;
    this.wait();
  }

  wait() {
    setTimeout(() => this.look(), this.pause);
  }

  async look() {
    if (!this.element.isConnected) return;
    try {
      const found = await get(this.element.dataset.url);
      this.trouble.hidden = true;
      if (found.state !== "waiting") {
        window.location.reload();
        return;
      }
    } catch (error) {
      if (error.status === 401 || error.status === 404) {
        window.location.reload();
        return;
      }
      this.trouble.textContent = error.message;
      this.trouble.hidden = false;
    }
    this.pause = Math.min(this.pause * 1.5, SLOWEST_MS);
    this.wait();
  }
}
