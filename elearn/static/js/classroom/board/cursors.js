/** Where the others point: their cursors with names; and one's own, told at most 15 times a second. */
import { clampCoordinate, UNITS } from "./strokes.js";

const SEND_EVERY = 1000 / 15;
const FADE_AFTER = 6_000;
const TINTS = 8;

export class Cursors {
  #shown = new Map();
  #names = new Map();
  #last = null;
  #sentAt = 0;
  #timer = null;
  #sweep = null;

  constructor({ link, room, me, page, layer }) {
    Object.assign(this, { link, room, me, page, layer });
    this.off = link.on("cursors", (data) => data?.room === room && this.#take(data));
    this.#sweep = setInterval(() => this.#fade(), 1_000);
  }

  close() {
    this.off();
    clearTimeout(this.#timer);
    clearInterval(this.#sweep);
    this.clear();
  }

  /** One's own pointer is here. */
  move([x, y]) {
    this.#last = [clampCoordinate(x), clampCoordinate(y)];
    if (this.#timer) return;
    const wait = this.#sentAt + SEND_EVERY - performance.now();
    if (wait <= 0) this.#send();
    else this.#timer = setTimeout(() => this.#send(), wait);
  }

  /** What somebody is called who was seen pointing. */
  nameOf(user) {
    return this.#names.get(user) ?? null;
  }

  /** Another page is shown: the pointers of the old one mean nothing on it. */
  clear() {
    for (const { element } of this.#shown.values()) element.remove();
    this.#shown.clear();
  }

  #send() {
    this.#timer = null;
    this.#sentAt = performance.now();
    const page = this.page();
    if (page) this.link.send("cursor", { room: this.room, page, x: this.#last[0], y: this.#last[1] });
  }

  #take({ page, cursors }) {
    if (page !== this.page() || !Array.isArray(cursors)) return;
    for (const { user, name, x, y } of cursors) {
      if (user === this.me.id) continue;
      const cursor = this.#shown.get(user) ?? this.#add(user, name);
      cursor.at = performance.now();
      cursor.element.classList.remove("is-faded");
      cursor.element.classList.toggle("is-right", x > UNITS * 0.8);
      cursor.element.classList.toggle("is-low", y > UNITS * 0.9);
      cursor.element.style.left = `${(x / UNITS) * 100}%`;
      cursor.element.style.top = `${(y / UNITS) * 100}%`;
    }
  }

  #add(user, name) {
    this.#names.set(user, name);
    const element = document.createElement("div");
    element.className = `board-cursor board-cursor-${tintOf(user)}`;
    const arrow = document.createElement("i");
    arrow.className = "bi bi-cursor-fill";
    const label = document.createElement("span");
    label.textContent = name;
    element.append(arrow, label);
    this.layer.append(element);
    const cursor = { element, at: 0 };
    this.#shown.set(user, cursor);
    return cursor;
  }

  #fade() {
    const oldest = performance.now() - FADE_AFTER;
    for (const [user, { element, at }] of this.#shown) {
      if (at > oldest) continue;
      if (element.classList.contains("is-faded")) {
        element.remove();
        this.#shown.delete(user);
      } else {
        element.classList.add("is-faded");
      }
    }
  }
}

function tintOf(user) {
  let sum = 0;
  for (const letter of String(user)) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return (sum % TINTS) + 1;
}
