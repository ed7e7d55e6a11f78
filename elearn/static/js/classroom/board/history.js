/**
 * One's own undo and redo on one page. An entry keeps, for each object that the action touched, how it was before and after;
 * undoing writes ordinary operations, and only where the page still holds what the action left: the rest is somebody else's.
 */
import { sameObject, sameValue } from "./replica.js";

const DEPTH = 200;

/** Compare two states of the touched objects: [{id, before, after}], null where there was none. */
export function stepsBetween(before, after, ids) {
  const steps = [];
  for (const id of ids) {
    const step = { id, before: before.get(id) ?? null, after: after.get(id) ?? null };
    if (step.before !== step.after) steps.push(step);
  }
  return steps;
}

/** The operations that take an entry back, as far as it still stands on the page. */
export function inverse(steps, objects) {
  const ops = [];
  for (const { id, before, after } of [...steps].reverse()) {
    const now = objects.get(id) ?? null;
    if (!after) {
      if (!now) ops.push({ op: "add", object: before });
    } else if (!before) {
      if (now && sameObject(now, after, { author: false })) ops.push({ op: "delete", id });
    } else if (now) {
      const back = {};
      for (const key of Object.keys(before)) {
        if (key !== "by" && !sameValue(before[key], after[key]) && sameValue(now[key], after[key])) back[key] = before[key];
      }
      if (Object.keys(back).length) ops.push({ op: "set", id, ...back });
    }
  }
  return ops;
}

export class History {
  #undo = [];
  #redo = [];

  get canUndo() {
    return this.#undo.length > 0;
  }

  get canRedo() {
    return this.#redo.length > 0;
  }

  /** Remember an action that was just done; what was undone before can no longer be redone. */
  record(cids, steps) {
    if (!steps.length) return;
    push(this.#undo, { cids, steps });
    this.#redo = [];
  }

  /** The operations of the next undo, or null; entries that others have overtaken are passed over. */
  undo(objects) {
    return next(this.#undo, objects);
  }

  redo(objects) {
    return next(this.#redo, objects);
  }

  /** Remember an undo so that it can be redone. */
  undone(cids, steps) {
    push(this.#redo, { cids, steps });
  }

  /** Remember a redo so that it can be undone again. */
  redone(cids, steps) {
    push(this.#undo, { cids, steps });
  }

  /** Forget what the server refused: it never happened. */
  forget(cid) {
    this.#undo = this.#undo.filter((entry) => !entry.cids.includes(cid));
    this.#redo = this.#redo.filter((entry) => !entry.cids.includes(cid));
  }
}

function push(stack, entry) {
  stack.push(entry);
  if (stack.length > DEPTH) stack.shift();
}

function next(stack, objects) {
  while (stack.length) {
    const ops = inverse(stack.pop().steps, objects);
    if (ops.length) return ops;
  }
  return null;
}
