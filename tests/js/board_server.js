/**
 * A room without a network for tests of the whiteboard: it numbers batches, stores, sends and forgets as docs/whiteboard.md says.
 * `link(user)` is what the room page would hand to a board; its flags lose the line, answers or messages on purpose.
 */

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const refusal = (code, message = code) => Object.assign(new Error(message), { code });

export class FakeRoom {
  constructor({ backgrounds = ["white"], limit = 500 } = {}) {
    this.limit = limit;
    this.links = [];
    this.pages = new Map();
    backgrounds.forEach((background) => this.addPage(background));
    this.page = [...this.pages.keys()][0];
    this.calls = [];
  }

  addPage(background) {
    const id = `page-${this.pages.size + 1}`;
    this.pages.set(id, { id, background, rev: 0, objects: new Map(), batches: [], answers: new Map() });
    return id;
  }

  get list() {
    return [...this.pages.values()].map(({ id, background, rev }, position) => ({ id, position, background, rev }));
  }

  apply(page, by, cid, ops) {
    const stored = this.pages.get(page);
    const known = stored.answers.get(`${by}/${cid}`);
    if (known) return known;
    const written = ops.map((op) => (op.op === "add" ? { op: "add", object: { ...op.object, by } } : op));
    const { objects } = stored;
    for (const op of written) {
      if (op.op === "add" && !objects.has(op.object.id)) objects.set(op.object.id, op.object);
      else if (op.op === "delete") objects.delete(op.id);
      else if (op.op === "clear") objects.clear();
      else if (op.op === "set" && objects.has(op.id)) {
        const { op: _, ...changes } = op;
        objects.set(op.id, { ...objects.get(op.id), ...changes });
      }
    }
    while (objects.size > this.limit) {
      const [oldest] = objects.keys();
      objects.delete(oldest);
      written.push({ op: "delete", id: oldest });
    }
    stored.rev += 1;
    const batch = { rev: stored.rev, by, cid, ops: written };
    stored.batches.push(batch);
    stored.answers.set(`${by}/${cid}`, { ok: true, rev: stored.rev });
    this.send("ops", { page, ...batch });
    return { ok: true, rev: stored.rev };
  }

  send(event, data, except = null) {
    for (const link of this.links) if (link !== except) link.deliver(event, { room: "r1", ...data });
  }

  answer(link, event, payload) {
    const stored = this.pages.get(payload.page ?? this.page);
    if (!stored) throw refusal("not_found");
    if (link.refuse) throw refusal(link.refuse);
    if (event === "join") return { ok: true, pages: this.list, page: this.page, objects: [...stored.objects.values()], rev: stored.rev };
    if (event === "open") {
      if (payload.after === undefined) return { ok: true, objects: [...stored.objects.values()], rev: stored.rev };
      return { ok: true, ops: stored.batches.filter(({ rev }) => rev > payload.after), rev: stored.rev };
    }
    if (event === "ops") return this.apply(payload.page, link.user.id, payload.cid, payload.ops);
    if (event === "turn") this.page = payload.page;
    if (event === "remove_page") {
      this.pages.delete(payload.page);
      this.page = [...this.pages.keys()][0];
    }
    const page = event === "add_page" ? this.addPage(payload.background) : this.page;
    if (event === "turn") this.send("turn", { page });
    else this.send("pages", { pages: this.list, page: this.page });
    return { ok: true, page: this.list.find(({ id }) => id === page) };
  }

  link(user, { delay = 5 } = {}) {
    const link = new FakeLink(this, user, delay);
    this.links.push(link);
    return link;
  }
}

class FakeLink {
  #handlers = new Map();

  constructor(room, user, delay) {
    Object.assign(this, { room, user, delay, connected: true, deaf: false, loseAnswers: 0, refuse: null });
  }

  on(event, handler) {
    if (!this.#handlers.has(event)) this.#handlers.set(event, new Set());
    this.#handlers.get(event).add(handler);
    return () => this.#handlers.get(event).delete(handler);
  }

  async emit(event, payload) {
    const sent = structuredClone(payload);
    this.room.calls.push({ user: this.user.id, event, payload: sent });
    await sleep(this.delay);
    if (!this.connected) throw refusal("offline");
    const answer = structuredClone(this.room.answer(this, event, sent));
    if (this.loseAnswers > 0) {
      this.loseAnswers -= 1;
      throw refusal("timeout");
    }
    await sleep(this.delay);
    return answer;
  }

  send(event, payload) {
    const sent = structuredClone(payload);
    this.room.calls.push({ user: this.user.id, event, payload: sent });
    if (!this.connected) return;
    if (event === "live") this.room.send("live", { ...sent, by: this.user.id }, this);
    if (event === "cursor") {
      const { page, x, y } = sent;
      this.room.send("cursors", { page, cursors: [{ user: this.user.id, name: this.user.name, x, y }] });
    }
  }

  deliver(event, data) {
    if (!this.connected || this.deaf) return;
    const copy = structuredClone(data);
    setTimeout(() => {
      for (const handler of this.#handlers.get(event) ?? []) handler(copy);
    }, this.delay);
  }
}
