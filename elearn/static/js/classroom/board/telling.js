/** The board in words: what others did, said now and then, and a list of the texts that stand on it. */
import { t, tn } from "../../lib/words.js";
import { isWriting, NAMES } from "./objects.js";

const SAY_EVERY = 6_000;
const LIST_EVERY = 1_000;

export class Telling {
  #done = new Map();
  #sayTimer = null;
  #listTimer = null;
  #listed = [];

  constructor({ news, list, nameOf, texts }) {
    Object.assign(this, { news, list, nameOf, texts });
  }

  close() {
    clearTimeout(this.#sayTimer);
    clearTimeout(this.#listTimer);
  }

  /** Say this at once: it answers a key of one's own. */
  say(sentence) {
    this.news.textContent = sentence;
  }

  /** Somebody else did this; it is told together with what follows in the next seconds. */
  tell(by, ops) {
    const done = this.#done.get(by) ?? [];
    done.push(...ops);
    this.#done.set(by, done);
    this.#sayTimer ??= setTimeout(() => this.#sayAll(), this.news.textContent ? SAY_EVERY : 500);
  }

  /** The objects changed: bring the list of texts up to date, soon. */
  refresh() {
    this.#listTimer ??= setTimeout(() => this.#fillList(), LIST_EVERY);
  }

  #sayAll() {
    this.#sayTimer = null;
    const sentences = [...this.#done].map(([by, ops]) => sentence(this.nameOf(by), ops));
    this.#done.clear();
    if (sentences.length > 3) this.say(t("%(count)s people drew on the board", { count: sentences.length }));
    else this.say(`${sentences.join(". ")}.`);
  }

  #fillList() {
    this.#listTimer = null;
    const texts = this.texts();
    if (texts.length === this.#listed.length && texts.every((text, at) => text === this.#listed[at])) return;
    this.#listed = texts;
    const items = texts.length ? texts : [t("No text on this page")];
    this.list.replaceChildren(
      ...items.map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }),
    );
  }
}

function sentence(name, ops) {
  if (ops.some((op) => op.op === "clear")) return t("%(name)s cleared the page", { name });
  const added = ops.filter((op) => op.op === "add");
  if (added.length === ops.length) {
    if (added.length > 1) return t("%(name)s drew %(count)s things", { name, count: added.length });
    const { kind, text } = added[0].object;
    if (isWriting(kind)) return t("%(name)s wrote: %(text)s", { name, text });
    return t("%(name)s drew %(thing)s", { name, thing: NAMES[kind] ?? t("something") });
  }
  const count = ops.length;
  if (ops.every((op) => op.op === "delete")) return tn("%(name)s erased something", "%(name)s erased %(num)s things", count, { name });
  return tn("%(name)s changed something", "%(name)s changed %(num)s things", count, { name });
}
