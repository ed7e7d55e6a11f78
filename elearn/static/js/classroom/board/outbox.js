/**
 * One's own batches on their way to the server: one at a time, in order, kept while the line is lost and sent again with the same cid.
 */

/** What the server will not do, however often it is asked. */
const FINAL = new Set(["forbidden", "invalid", "full", "not_found", "conflict", "cid_reused", "closed"]);
/** What passes: these are waited for as long as it takes. Anything else is tried a few times. */
const PASSING = new Set(["offline", "timeout", "rate_limited", "unavailable", "unauthenticated", "not_joined"]);
const TRIES = 5;
const LONGEST_WAIT = 10_000;
const ACK_TIME = 12_000;

export class Outbox {
  #queue = [];
  #attempt = 0;
  #sending = false;
  #wait = 500;
  #timer = null;

  constructor({ link, room, onAck, onRefused, onChange }) {
    Object.assign(this, { link, room, onAck, onRefused, onChange });
  }

  get size() {
    return this.#queue.length;
  }

  push(page, cid, ops) {
    this.#queue.push({ page, cid, ops, tries: 0 });
    this.onChange();
    this.#pump();
  }

  /** Another way told that the batch is saved (its number came round). */
  confirm(cid) {
    const at = this.#queue.findIndex((batch) => batch.cid === cid);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.onChange();
    if (at === 0) this.#again();
  }

  /** The line is back: what was under way is sent again now. */
  resume() {
    this.#wait = 500;
    this.#again();
  }

  close() {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#queue = [];
  }

  #again() {
    this.#attempt += 1;
    this.#sending = false;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#pump();
  }

  async #pump() {
    if (this.#sending || this.#timer || !this.#queue.length) return;
    const batch = this.#queue[0];
    const attempt = this.#attempt;
    this.#sending = true;
    let answer = null;
    let error = null;
    try {
      answer = await inTime(this.link.emit("ops", { room: this.room, page: batch.page, cid: batch.cid, ops: batch.ops }));
      if (answer?.ok === false) error = answer.error ?? { code: "invalid" };
    } catch (reason) {
      error = reason;
    }
    this.#settle(batch, attempt, answer, error);
  }

  #settle(batch, attempt, answer, error) {
    const current = attempt === this.#attempt;
    if (current) this.#sending = false;
    const final = !error || this.#isFinal(batch, error);
    if (final && this.#queue.includes(batch)) {
      this.#queue = this.#queue.filter((other) => other !== batch);
      this.#wait = 500;
      if (error) this.onRefused(batch, error);
      else this.onAck(batch, answer.rev);
      this.onChange();
    }
    if (!current) return;
    if (final) {
      this.#pump();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#pump();
    }, this.#wait);
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
  }

  #isFinal(batch, { code }) {
    if (FINAL.has(code)) return true;
    if (code && !PASSING.has(code)) batch.tries += 1;
    return batch.tries >= TRIES;
  }
}

/** A promise that gives up, so that a line that died silently does not hold the queue. */
function inTime(promise) {
  let timer = null;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error("No answer in time"), { code: "timeout" })), ACK_TIME);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
