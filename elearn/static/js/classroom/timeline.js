// The numbered messages of a room, without the page: puts them in order, notices gaps, forgets doubles.

export class Timeline {
  #bySeq = new Map();
  #waiting = new Map(); // came early: a number before them is missing
  seq = 0; // up to here nothing is missing
  first = Infinity;

  /** Take messages that are known to be whole up to `seq` (a snapshot, or an answer to "after"). Returns the new ones. */
  fill(messages, seq = null) {
    const fresh = messages.filter((message) => !this.#bySeq.has(message.seq));
    for (const message of fresh) this.#keep(message);
    const last = messages.at(-1)?.seq ?? 0;
    this.seq = Math.max(this.seq, last, seq ?? 0);
    return [...fresh, ...this.#release()].sort((a, b) => a.seq - b.seq);
  }

  /** Take one that came by itself: returns what can be shown now; empty when it is known or comes too early. */
  receive(message) {
    if (this.#bySeq.has(message.seq) || message.seq <= this.seq) return [];
    if (message.seq > this.seq + 1) {
      this.#waiting.set(message.seq, message);
      return [];
    }
    this.#keep(message);
    this.seq = message.seq;
    return [message, ...this.#release()];
  }

  /** Tell whether something is missing between what is shown and what waits, or the number of the beat. */
  misses(seq = 0) {
    return this.#waiting.size > 0 || seq > this.seq;
  }

  byId(id) {
    for (const message of this.#bySeq.values()) if (message.id === id) return message;
    return null;
  }

  get list() {
    return [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  #keep(message) {
    this.#bySeq.set(message.seq, message);
    this.#waiting.delete(message.seq);
    this.first = Math.min(this.first, message.seq);
  }

  #release() {
    const released = [];
    for (const seq of [...this.#waiting.keys()].sort((a, b) => a - b)) {
      if (seq <= this.seq) {
        this.#waiting.delete(seq);
      } else if (seq === this.seq + 1) {
        released.push(this.#waiting.get(seq));
        this.#keep(this.#waiting.get(seq));
        this.seq = seq;
      }
    }
    return released;
  }
}
