// Counts characters in the last part of what a field may hold. Reads: maxlength of the control, [data-count].
import { tn } from "../lib/words.js";

const TELL_FROM = 0.8;

export default class Counter {
  constructor(element) {
    this.input = element.querySelector("input, textarea");
    this.text = element.querySelector("[data-count]");
    this.most = Number(this.input.getAttribute("maxlength"));
    if (!this.most) return;
    // The control would swallow what is pasted beyond its end; let people see it and shorten it.
    this.input.removeAttribute("maxlength");
    this.input.addEventListener("input", () => this.count());
    this.count();
  }

  count() {
    const left = this.most - [...this.input.value].length;
    this.text.hidden = left > this.most * (1 - TELL_FROM);
    this.text.textContent = left >= 0
      ? tn("%(num)s character left", "%(num)s characters left", left)
      : tn("%(num)s character too many", "%(num)s characters too many", -left);
    this.text.classList.toggle("is-over", left < 0);
  }
}
