// Says below the field whether a username is free, while it is typed.
// Reads: data-input (id of the field), data-url (where to ask). Writes into the element, which is a live region.
import { get } from "../lib/http.js";
import { t } from "../lib/words.js";

const POSSIBLE = /^[a-z0-9][a-z0-9._-]{1,28}[a-z0-9]$/i;
const PAUSE = 350;

export default class Username {
  constructor(element) {
    this.element = element;
    this.input = document.getElementById(element.dataset.input);
    this.input.addEventListener("input", () => this.wait());
    if (this.input.value && !this.input.hasAttribute("aria-invalid")) this.wait();
  }

  /** Ask once the typing pauses; what is asked already is no longer wanted. */
  wait() {
    window.clearTimeout(this.timer);
    this.asking?.abort();
    this.element.replaceChildren();
    if (POSSIBLE.test(this.input.value)) this.timer = window.setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.asking = new AbortController();
    const url = `${this.element.dataset.url}?${new URLSearchParams({ username: this.input.value })}`;
    try {
      const { free } = await get(url, { signal: this.asking.signal });
      this.tell(free ? "good" : "error", free ? "check-lg" : "exclamation-circle-fill", free ? t("Free") : t("Taken, choose another"));
    } catch {
      // The hint is a courtesy: when it cannot be had, the form itself will tell.
    }
  }

  tell(kind, icon, words) {
    const line = document.createElement("p");
    line.className = `field-${kind}`;
    const sign = document.createElement("i");
    sign.className = `bi bi-${icon}`;
    sign.setAttribute("aria-hidden", "true");
    line.append(sign, words);
    this.element.replaceChildren(line);
  }
}
