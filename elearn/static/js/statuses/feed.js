// Today in your school: reads the feed again when somebody posts, edits or deletes.
// Reads: [data-feed] the address of the list alone, [data-feed-list] where it goes; the event "elearn:status" of the page.
import { request } from "../lib/http.js";
import { mount } from "../main.js";

// Everybody hears of a change at once; they ask one after the other.
const SPREAD_MS = 1500;

export default class Feed {
  constructor(element) {
    this.element = element;
    this.list = element.querySelector("[data-feed-list]");
    document.addEventListener("elearn:status", () => this.soon());
  }

  soon() {
    this.timer ??= window.setTimeout(() => this.update(), 100 + Math.random() * SPREAD_MS);
  }

  async update() {
    this.timer = undefined;
    if (this.list.contains(document.activeElement)) return this.soon(); // not from under the hands of a reader
    try {
      const text = await request("GET", this.element.dataset.feed, { headers: { Accept: "text/html" } });
      const part = new DOMParser().parseFromString(text, "text/html");
      this.list.replaceChildren(...part.body.childNodes);
      mount(this.list);
    } catch {
      // The line is down: the next change, or the next visit, shows it.
    }
  }
}
