// The list of notifications: read again when something comes or was read elsewhere.
// Reads: [data-parts] the ids of what is replaced; the event "elearn:unread" of the page.
import { request } from "../lib/http.js";
import { mount } from "../main.js";

export default class Centre {
  constructor(element) {
    this.element = element;
    document.addEventListener("elearn:unread", () => this.soon());
  }

  soon() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.update(), 300);
  }

  async update() {
    if (this.element.contains(document.activeElement)) return this.soon(); // not from under the hands of a reader
    try {
      const text = await request("GET", window.location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(text, "text/html");
      for (const id of this.element.dataset.parts.split(" ")) {
        const present = document.getElementById(id);
        present.replaceChildren(...page.getElementById(id).childNodes);
        mount(present);
      }
    } catch {
      // The line is down: the next change, or the next visit, shows it.
    }
  }
}
