/**
 * The bell: how many notifications are unread, and a toast when one comes. The line opens late: first the page.
 * Reads: data-unread on the element, [data-bell-count] inside it (neither in a room, which shows toasts alone).
 * Tells the page: "elearn:unread" when the number or the list changed, "elearn:status" when somebody says something.
 */
import { post } from "../lib/http.js";
import { toast } from "../lib/toast.js";
import { t, tn } from "../lib/words.js";

const MOST = 99;

export default class Bell {
  #seen = new Set();

  constructor(element) {
    this.element = element;
    this.disc = element.querySelector("[data-bell-count]");
    this.count = Number(element.dataset.unread ?? 0);
    if (document.readyState === "complete") this.#later();
    else window.addEventListener("load", () => this.#later(), { once: true });
  }

  #later() {
    const open = () => this.#open();
    if ("requestIdleCallback" in window) window.requestIdleCallback(open, { timeout: 3000 });
    else window.setTimeout(open, 500);
  }

  async #open() {
    const { openLine } = await import("./line.js");
    const link = await openLine();
    link.on("notification", (told) => this.#arrived(told));
    link.on("unread", ({ count }) => this.#show(count));
    link.on("status", (detail) => this.#tell("elearn:status", detail));
    // Too much at once was waiting for this page: what it shows is read again once it is back.
    link.on("resync", () => this.#tell("elearn:unread", { count: this.count }));
  }

  #tell(name, detail) {
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #arrived(told) {
    if (this.#seen.has(told.id)) return;
    this.#seen.add(told.id);
    if (document.hidden) return; // the number waits, a toast would be gone
    toast(told.message, { kind: "info", action: { label: t("Have a look"), run: () => this.#follow(told) } });
  }

  async #follow({ id, link }) {
    try {
      await post(`/api/notifications/${id}/read/`, undefined, { keepalive: true });
    } catch {
      // It stays unread; the way there is what was asked for.
    }
    window.location.assign(link);
  }

  /** The number comes first: from then on the line stands. */
  #show(count) {
    this.element.dataset.line = "open";
    const before = this.count;
    this.count = count;
    if (this.disc) {
      this.disc.textContent = count > MOST ? `${MOST}+` : String(count);
      this.disc.hidden = count === 0;
      this.element.setAttribute("aria-label", count ? tn("Notifications, %(num)s unread", "Notifications, %(num)s unread", count) : t("Notifications"));
    }
    if (count !== before) this.#tell("elearn:unread", { count });
  }
}
