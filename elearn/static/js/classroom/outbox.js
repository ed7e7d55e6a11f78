// Messages that are written but not acknowledged: kept in this tab, sent in order, and again until the answer comes.

const TRY_AGAIN_MS = 3000;
const FOR_GOOD = new Set(["invalid", "forbidden", "not_found", "nonce_reused", "unauthenticated"]);

export class Outbox {
  #key;
  #send;
  #onChange;
  #busy = false;
  #timer = 0;
  items;

  constructor({ key, send, onChange }) {
    this.#key = key;
    this.#send = send;
    this.#onChange = onChange;
    try {
      this.items = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    } catch {
      this.items = [];
    }
  }

  add(text) {
    this.items.push({ text, nonce: crypto.randomUUID?.() ?? nonce(), at: new Date().toISOString(), problem: null });
    this.#changed();
    this.flush();
  }

  remove(nonceOf) {
    this.items = this.items.filter((item) => item.nonce !== nonceOf);
    this.#changed();
  }

  /** Send what waits, one after the other. */
  async flush() {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#timer);
    try {
      for (;;) {
        const item = this.items.find(({ problem }) => !problem);
        if (!item) break;
        try {
          await this.#send(item);
          this.remove(item.nonce);
        } catch (error) {
          if (!FOR_GOOD.has(error.code)) {
            this.#timer = setTimeout(() => this.flush(), TRY_AGAIN_MS);
            break;
          }
          item.problem = error.message;
          this.#changed();
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  get waiting() {
    return this.items.filter(({ problem }) => !problem).length;
  }

  close() {
    clearTimeout(this.#timer);
  }

  #changed() {
    sessionStorage.setItem(this.#key, JSON.stringify(this.items));
    this.#onChange();
  }
}

/** Where the page is not secure, randomUUID is missing. */
function nonce() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
