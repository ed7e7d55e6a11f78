/**
 * One page as this browser knows it: the numbered batches of the server, and on top of them one's own batches that have no
 * number yet. Pure: no socket, no document. Objects are never changed in place, so that their identity tells whether they changed.
 */

/** Batches that came before their turn and are worth keeping; beyond that the page is fetched anyway. */
const MAX_EARLY = 200;
const FIXED = new Set(["id", "kind", "by"]);

export const inOrder = (a, b) => a.z - b.z || (a.id < b.id ? -1 : 1);

/** Equal values: numbers, strings and lists of them. */
export function sameValue(a, b) {
  if (a === b) return true;
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, at) => value === b[at]);
}

/** Equal objects, whoever is written as their author when `author` is false. */
export function sameObject(a, b, { author = true } = {}) {
  if (a === b) return true;
  if (!a || !b) return false;
  const keys = Object.keys(a).filter((key) => author || key !== "by");
  const count = Object.keys(b).filter((key) => author || key !== "by").length;
  return keys.length === count && keys.every((key) => key in b && sameValue(a[key], b[key]));
}

/** Apply one operation to a Map of objects, in place; what makes no sense any more does nothing. */
export function applyOp(objects, op, by) {
  if (op.op === "clear") {
    objects.clear();
  } else if (op.op === "delete") {
    objects.delete(op.id);
  } else if (op.op === "add") {
    if (!objects.has(op.object.id)) objects.set(op.object.id, { ...op.object, by: by ?? op.object.by });
  } else if (op.op === "set" && objects.has(op.id)) {
    const changed = { ...objects.get(op.id) };
    for (const [key, value] of Object.entries(op)) if (key !== "op" && !FIXED.has(key)) changed[key] = value;
    objects.set(op.id, changed);
  }
}

/** The same text for the same objects, on every machine. */
export function canonical(objects) {
  const sorted = [...objects].sort(inOrder);
  return JSON.stringify(sorted.map((object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))));
}

export class Replica {
  #base = new Map();
  #pending = [];
  #early = new Map();
  #view = null;
  #list = null;

  constructor(page) {
    this.page = page;
    this.rev = 0;
    /** False until a snapshot came: then numbers mean nothing yet. */
    this.known = false;
  }

  /** The objects by id, one's own unnumbered changes included. Not to be changed. */
  get objects() {
    if (!this.#view) {
      this.#view = new Map(this.#base);
      for (const batch of this.#pending) for (const op of batch.ops) applyOp(this.#view, op, batch.by);
    }
    return this.#view;
  }

  /** The objects in drawing order. */
  get list() {
    this.#list ??= [...this.objects.values()].sort(inOrder);
    return this.#list;
  }

  /** True while a batch is missing between what came and what is here. */
  get hasGap() {
    return this.#early.size > 0;
  }

  get top() {
    return this.list.length ? this.list[this.list.length - 1].z : 0;
  }

  /** Take the server's word for the whole page. */
  load(objects, rev) {
    if (this.known && rev < this.rev) return;
    const view = this.objects;
    this.#base = new Map(objects.map((object) => [object.id, keep(object, view.get(object.id))]));
    this.rev = rev;
    this.known = true;
    this.#pending = this.#pending.filter((batch) => !(batch.rev <= rev));
    for (const early of this.#early.keys()) if (early <= rev) this.#early.delete(early);
    this.#changed();
    this.#applyEarly();
  }

  /** Take a numbered batch; returns the batches that became part of the page by it, in order. */
  receive(batch) {
    if (this.known && batch.rev <= this.rev) return [];
    if (this.#early.size < MAX_EARLY || batch.rev === this.rev + 1) this.#early.set(batch.rev, batch);
    return this.known ? this.#applyEarly() : [];
  }

  /** Show an own batch at once, before it has a number. */
  propose(cid, ops, by) {
    this.#pending.push({ cid, ops, by });
    this.#changed();
  }

  /** The server has given the own batch a number. It stays on top until that number comes round. */
  acknowledge(cid, rev) {
    const batch = this.#pending.find((own) => own.cid === cid);
    if (!batch) return;
    batch.rev = rev;
    if (this.known && rev <= this.rev) this.#drop(cid);
  }

  /** Take a refused own batch back. */
  reject(cid) {
    this.#drop(cid);
  }

  snapshot() {
    return { objects: [...this.#base.values()].sort(inOrder), rev: this.rev };
  }

  #applyEarly() {
    const applied = [];
    let batch = this.#early.get(this.rev + 1);
    while (batch) {
      this.#early.delete(batch.rev);
      this.#apply(batch);
      applied.push(batch);
      batch = this.#early.get(this.rev + 1);
    }
    return applied;
  }

  #apply(batch) {
    const view = this.objects;
    for (const op of batch.ops) {
      applyOp(this.#base, op, batch.by);
      const id = op.op === "add" ? op.object.id : op.id;
      const object = this.#base.get(id);
      if (object) this.#base.set(id, keep(object, view.get(id)));
    }
    this.rev = batch.rev;
    this.#pending = this.#pending.filter((own) => own.cid !== batch.cid);
    this.#changed();
  }

  #drop(cid) {
    this.#pending = this.#pending.filter((own) => own.cid !== cid);
    this.#changed();
  }

  #changed() {
    this.#view = null;
    this.#list = null;
  }
}

/** The object that is on the screen already, when the new one says the same: nothing needs drawing again. */
const keep = (object, shown) => (shown && sameObject(object, shown) ? shown : object);
