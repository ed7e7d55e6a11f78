/**
 * The pages of one room as the server numbers them, and one's own changes on the way. No document in here: what it learns it tells by
 * the callbacks onChange(page), onPages(), onBatches(page, batches), onRefused(error), onState().
 */
import { History, stepsBetween } from "./history.js";
import { Outbox } from "./outbox.js";
import { Replica } from "./replica.js";

const MAX_OPS = 100;
/** Of 64 KB, as the server counts them. */
const MAX_LETTERS = 60_000;
/** A number that is missing may be on its way still: wait this long before asking for it. */
const PATIENCE = 250;
const LONGEST_WAIT = 10_000;

export const newId = () => crypto.randomUUID();

export class Sync {
  #replicas = new Map();
  #histories = new Map();
  #fetching = new Set();
  #fetchTimers = new Map();
  #joinTimer = null;
  #joins = 0;
  #closed = false;
  #off = [];

  constructor({ link, room, me, onChange, onPages, onBatches, onRefused, onState }) {
    Object.assign(this, { link, room, me, onChange, onPages, onBatches, onRefused, onState });
    this.pages = [];
    this.page = null;
    this.outbox = new Outbox({
      link,
      room,
      onAck: (batch, rev) => this.#acknowledged(batch, rev),
      onRefused: (batch, error) => this.#refused(batch, error),
      onChange: () => onState(),
    });
    const here = (handler) => (data) => data?.room === room && handler(data);
    this.#off = [
      link.on("ops", here((batch) => this.#receive(batch))),
      link.on("pages", here(({ pages, page }) => this.#turnTo(page, pages))),
      link.on("turn", here(({ page }) => this.#turnTo(page))),
    ];
  }

  close() {
    this.#closed = true;
    this.#off.forEach((off) => off());
    this.outbox.close();
    clearTimeout(this.#joinTimer);
    for (const timer of this.#fetchTimers.values()) clearTimeout(timer);
  }

  /** Enter the room, or enter it again after the line was lost; then send what waited. */
  async join(wait = 1_000) {
    const number = (this.#joins += 1);
    clearTimeout(this.#joinTimer);
    try {
      const answer = check(await this.link.emit("join", { room: this.room }));
      if (this.#closed || number !== this.#joins) return;
      this.replica(answer.page).load(answer.objects, answer.rev);
      this.#turnTo(answer.page, answer.pages);
      this.onChange(answer.page);
      this.outbox.resume();
      for (const { id, rev } of answer.pages) this.#mayFetch(id, rev);
    } catch (error) {
      if (this.#closed || number !== this.#joins) return;
      this.onState(error);
      if (error.code === "forbidden" || error.code === "not_found") return;
      this.#joinTimer = setTimeout(() => this.join(Math.min(LONGEST_WAIT, wait * 2)), wait);
    }
  }

  /** Compare with the numbers that the room tells every few seconds. */
  beat(pages) {
    for (const [id, rev] of Object.entries(pages)) this.#mayFetch(id, rev);
  }

  replica(page) {
    if (!this.#replicas.has(page)) this.#replicas.set(page, new Replica(page));
    return this.#replicas.get(page);
  }

  /** Get a page that is not looked at yet, for its picture in the strip. */
  want(page) {
    if (!this.replica(page).known) this.#fetch(page);
  }

  history(page = this.page) {
    if (!this.#histories.has(page)) this.#histories.set(page, new History());
    return this.#histories.get(page);
  }

  /** Do something on a page; it shows at once. */
  act(ops, page = this.page) {
    if (!ops.length || !this.#replicas.has(page)) return;
    const { cids, steps } = this.#send(ops, page);
    this.history(page).record(cids, steps);
    this.onChange(page);
  }

  undo() {
    return this.#replay("undo", "undone");
  }

  redo() {
    return this.#replay("redo", "redone");
  }

  #replay(take, remember) {
    const { page } = this;
    const ops = page && this.history()[take](this.replica(page).objects);
    if (!ops) return false;
    const { cids, steps } = this.#send(ops, page);
    this.history()[remember](cids, steps);
    this.onChange(page);
    return true;
  }

  #send(ops, page) {
    const replica = this.replica(page);
    const before = replica.objects;
    const cids = [];
    for (const batch of inBatches(ops)) {
      const cid = newId();
      cids.push(cid);
      replica.propose(cid, batch, this.me.id);
      this.outbox.push(page, cid, batch);
    }
    const after = replica.objects;
    const ids = ops.some((op) => op.op === "clear") ? [...before.keys()] : [];
    for (const op of ops) if (op.op !== "clear") ids.push(op.op === "add" ? op.object.id : op.id);
    return { cids, steps: stepsBetween(before, after, new Set(ids)) };
  }

  #receive(batch) {
    const replica = this.replica(batch.page);
    const applied = replica.receive(batch);
    this.outbox.confirm(batch.cid);
    if (applied.length) {
      this.onChange(batch.page);
      this.onBatches(batch.page, applied);
    }
    if (replica.known && replica.hasGap) this.#mayFetch(batch.page, batch.rev);
  }

  #acknowledged(batch, rev) {
    this.replica(batch.page).acknowledge(batch.cid, rev);
    this.onChange(batch.page);
    this.#mayFetch(batch.page, rev);
  }

  #refused(batch, error) {
    this.replica(batch.page).reject(batch.cid);
    this.#histories.get(batch.page)?.forget(batch.cid);
    this.onChange(batch.page);
    this.onRefused(error);
  }

  #turnTo(page, pages = this.pages) {
    this.pages = [...pages].sort((a, b) => a.position - b.position);
    if (page) this.page = page;
    for (const id of this.#replicas.keys()) {
      if (!this.pages.some((other) => other.id === id)) {
        this.#replicas.delete(id);
        this.#histories.delete(id);
      }
    }
    this.onPages();
    if (this.page) this.want(this.page);
  }

  /** Fetch what is missing, if it is still missing after a moment. Pages that nobody looked at have nothing to miss. */
  #mayFetch(page, rev) {
    const replica = this.#replicas.get(page);
    if (!replica?.known || rev <= replica.rev || this.#fetchTimers.has(page)) return;
    const timer = setTimeout(() => {
      this.#fetchTimers.delete(page);
      if (this.#replicas.get(page) === replica && (rev > replica.rev || replica.hasGap)) this.#fetch(page);
    }, PATIENCE);
    this.#fetchTimers.set(page, timer);
  }

  async #fetch(page, wait = 1_000) {
    if (this.#fetching.has(page) || this.#closed) return;
    this.#fetching.add(page);
    const replica = this.replica(page);
    try {
      const after = replica.known ? { after: replica.rev } : {};
      this.#take(replica, check(await this.link.emit("open", { room: this.room, page, ...after })));
      this.#fetching.delete(page);
    } catch (error) {
      this.#fetching.delete(page);
      if (this.#closed || error.code === "forbidden" || error.code === "not_found" || this.#fetchTimers.has(page)) return;
      const retry = () => {
        this.#fetchTimers.delete(page);
        if (this.#replicas.get(page) === replica) this.#fetch(page, Math.min(LONGEST_WAIT, wait * 2));
      };
      this.#fetchTimers.set(page, setTimeout(retry, wait));
    }
  }

  #take(replica, answer) {
    if (this.#closed) return;
    if (answer.objects) {
      replica.load(answer.objects, answer.rev);
    } else {
      for (const batch of answer.ops) {
        const applied = replica.receive(batch);
        this.outbox.confirm(batch.cid);
        if (applied.length) this.onBatches(replica.page, applied);
      }
    }
    this.onChange(replica.page);
  }
}

/** An answer that says no becomes an error, whichever way the link tells it. */
function check(answer) {
  if (answer?.ok === false) throw Object.assign(new Error(answer.error?.message), { code: answer.error?.code });
  return answer;
}

/** Split operations into batches that the server takes. */
function* inBatches(ops) {
  let batch = [];
  let letters = 0;
  for (const op of ops) {
    const size = weight(op);
    if (batch.length && (batch.length === MAX_OPS || letters + size > MAX_LETTERS)) {
      yield batch;
      batch = [];
      letters = 0;
    }
    batch.push(op);
    letters += size;
  }
  if (batch.length) yield batch;
}

/** The letters of an operation where the server counts them: a blank after commas and colons, six for what is not ASCII. */
function weight(op) {
  const text = JSON.stringify(op);
  let letters = text.length + 2;
  for (const [mark] of text.matchAll(/[,:]|[^\x00-\x7f]/g)) letters += mark === "," || mark === ":" ? 1 : 5;
  return letters;
}
