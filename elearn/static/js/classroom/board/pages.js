/**
 * The strip of pages below the board, each with a small picture. Everybody looks at the same page; who teaches turns to another one by
 * pressing it. Pictures are made one at a time, when the browser has nothing better to do.
 */
import { t } from "../../lib/words.js";
import { drawPage } from "./render.js";

const PICTURE_EVERY = 300;
const NAMES = { white: t("white"), squared: t("squared"), ruled: t("ruled"), blackboard: t("blackboard") };

export class PageStrip {
  #items = new Map();
  #stale = new Set();
  #timer = null;

  /** `objectsOf(page)` gives the objects of a page, or null when they are not known yet; `want(page)` has them fetched. */
  constructor({ list, place, palette, objectsOf, want, onTurn }) {
    Object.assign(this, { list, place, palette, objectsOf, want, onTurn });
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-page]");
      if (button) onTurn(button.dataset.page);
    });
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** Show these pages, `current` being the one that everybody sees. */
  update(pages, current, mayTeach) {
    this.list.hidden = !pages.length;
    for (const [id, item] of this.#items) {
      if (pages.some((page) => page.id === id) && item.mayTeach === mayTeach) continue;
      item.element.remove();
      this.#items.delete(id);
    }
    pages.forEach((page, at) => this.#show(page, at, pages.length, current, mayTeach));
    const number = pages.findIndex(({ id }) => id === current) + 1;
    this.place.textContent = number ? t("Page %(number)s of %(count)s", { number, count: pages.length }) : "";
    // Buttons bring the keyboard to what lies outside; pictures do not.
    this.list.tabIndex = !mayTeach && this.list.scrollWidth > this.list.clientWidth ? 0 : -1;
  }

  /** The objects of a page changed: its picture is out of date. */
  touch(page) {
    if (!this.#items.has(page)) return;
    this.#stale.add(page);
    this.#timer ??= setTimeout(() => this.#idle(), PICTURE_EVERY);
  }

  #show(page, at, count, current, mayTeach) {
    let item = this.#items.get(page.id);
    const fresh = !item;
    if (fresh) {
      item = this.#make(page, mayTeach);
      this.#items.set(page.id, item);
    }
    if (this.list.children[at] !== item.element) this.list.insertBefore(item.element, this.list.children[at] ?? null);
    if (fresh) {
      const known = this.objectsOf(page.id);
      this.#draw(item, known ?? []);
      if (!known) this.touch(page.id);
    }
    const here = page.id === current;
    const turned = here && !item.frame.classList.contains("is-current");
    item.frame.classList.toggle("is-current", here);
    if (here) item.frame.setAttribute("aria-current", "page");
    else item.frame.removeAttribute("aria-current");
    item.number.textContent = String(at + 1);
    const names = { number: at + 1, count, paper: NAMES[page.background] ?? "" };
    item.label.textContent = here ? t("Page %(number)s of %(count)s, %(paper)s, everybody sees it", names) : t("Page %(number)s of %(count)s, %(paper)s", names);
    if (turned) this.#scrollTo(item.element);
  }

  #make({ id, background }, mayTeach) {
    const element = document.createElement("li");
    const frame = document.createElement(mayTeach ? "button" : "div");
    frame.className = `board-page board-page-${background}`;
    if (mayTeach) {
      frame.type = "button";
      frame.dataset.page = id;
      frame.title = t("Turn to this page");
    }
    const picture = document.createElement("canvas");
    const number = document.createElement("span");
    number.className = "board-page-number";
    const label = document.createElement("span");
    label.className = "visually-hidden";
    picture.setAttribute("aria-hidden", "true");
    number.setAttribute("aria-hidden", "true");
    frame.append(picture, number, label);
    element.append(frame);
    return { element, frame, picture, number, label, background, mayTeach };
  }

  /** Sideways only: the page itself must not jump. */
  #scrollTo(element) {
    const { list } = this;
    if (element.offsetLeft < list.scrollLeft || element.offsetLeft + element.offsetWidth > list.scrollLeft + list.clientWidth) {
      list.scrollLeft = element.offsetLeft - (list.clientWidth - element.offsetWidth) / 2;
    }
  }

  #idle() {
    const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 50));
    later(() => this.#drawOne(), { timeout: 2_000 });
  }

  #drawOne() {
    const [page] = this.#stale;
    this.#stale.delete(page);
    this.#timer = this.#stale.size ? setTimeout(() => this.#idle(), PICTURE_EVERY) : null;
    const item = this.#items.get(page);
    const objects = item && this.objectsOf(page);
    if (objects) this.#draw(item, objects);
    else if (item) this.want(page);
  }

  #draw(item, objects) {
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const width = Math.round((item.frame.clientWidth || 84) * ratio);
    const height = Math.round((width * 10) / 16);
    if (item.picture.width !== width) [item.picture.width, item.picture.height] = [width, height];
    drawPage(item.picture.getContext("2d"), objects, this.palette, item.background);
  }
}
