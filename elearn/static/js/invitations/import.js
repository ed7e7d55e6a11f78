// Follows an import that the worker reads or carries out; when it is over, the page is loaded again and shows the rows.
// Reads: [data-url] of the import, [data-state] as the page shows it, [data-count] and [data-trouble] inside, <progress>.
import { get } from "../lib/http.js";
import { t } from "../lib/words.js";

const LOOK_MS = 700;
const SLOWEST_MS = 10_000;

export default class Import {
  constructor(element) {
    this.element = element;
    this.bar = element.querySelector("progress");
    this.count = element.querySelector("[data-count]");
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
      this.pause = LOOK_MS;
      this.trouble.hidden = true;
      if (found.state !== this.element.dataset.state) {
        window.location.reload();
        return;
      }
      this.show(found);
    } catch (error) {
      if (error.status === 404 || error.status === 401) {
        window.location.reload();
        return;
      }
      this.pause = Math.min(this.pause * 2, SLOWEST_MS);
      this.trouble.textContent = error.message;
      this.trouble.hidden = false;
    }
    this.wait();
  }

  show({ state, done, total, bad }) {
    const whole = state === "running" ? total - bad : total;
    this.bar.max = Math.max(whole, 1);
    this.bar.value = done;
    this.count.textContent = t("%(done)s of %(total)s", { done, total: whole });
  }
}
