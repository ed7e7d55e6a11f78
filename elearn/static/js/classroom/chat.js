/**
 * The chat of the room: newest at the bottom, numbered, nothing doubled and nothing lost.
 * Reads: data-chat-log, -scroll, -earlier, -empty, -new, -typing, -form, -text.
 */
import { toast } from "../lib/toast.js";
import { t, tn } from "../lib/words.js";
import { avatar, button, clock, day, icon, make, moreMenu } from "./elements.js";
import { Outbox } from "./outbox.js";
import { Timeline } from "./timeline.js";

const GAP_MS = 400; // messages that overtake each other are not a loss
const TYPING_EVERY_MS = 2500;
const TYPING_SHOWN_MS = 5000;
const FOLD = 2; // so many lines of coming and going in a row are told one by one

export default class Chat {
  #timeline = new Timeline();
  #rows = new Map();
  #typing = new Map();
  #typedAt = 0;
  #gapTimer = 0;
  #fetching = false;
  #deletions = null; // how many the room has counted, as far as this page knows them
  #unread = 0;
  #sticks = true;
  #off = [];

  /** `isTeacher(id)` and `mayModerate()` come from the room, `onChange({waiting, unread, latest})` goes to it. */
  constructor(element, { link, room, me, isTeacher, mayModerate, onChange }) {
    Object.assign(this, { element, link, room, me, isTeacher, mayModerate, onChange });
    const part = (name) => element.querySelector(`[data-chat-${name}]`);
    Object.assign(this, {
      log: part("log"), scroll: part("scroll"), earlier: part("earlier"), empty: part("empty"),
      fresh: part("new"), typing: part("typing"), form: part("form"), text: part("text"),
    });
    this.outbox = new Outbox({
      key: `elearn.chat.${room}.${me.id}`,
      send: (item) => this.#post(item),
      onChange: () => this.#drawUnsent(),
    });
    this.#listen();
    this.#drawUnsent();
  }

  get seq() {
    return this.#timeline.seq;
  }

  /** Take the answer to `join`: the latest messages, or what was missed since `after`. */
  async joined({ messages, seq, more, deletions }, after) {
    // With `after` and `more` the answer is whole only up to its last message.
    this.#show(this.#timeline.fill(messages, more && after ? null : seq));
    if (after === undefined && more) this.earlier.hidden = false;
    this.empty.hidden = this.#timeline.list.length > 0;
    if (more && after !== undefined) await this.catchUp();
    if (after === undefined) this.#deletions = deletions;
    else this.#counted(deletions);
    this.outbox.flush();
  }

  /** Ask for everything after the last number that is here. */
  async catchUp() {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      for await (const { messages, deletions } of this.#stretches(this.seq)) {
        this.#show(this.#timeline.fill(messages));
        this.#counted(deletions);
      }
    } catch {
      // The line is down: joining again asks anew.
    } finally {
      this.#fetching = false;
    }
  }

  /** The room tells its latest numbers now and then. */
  beat({ seq, deletions }) {
    if (this.#timeline.misses(seq)) this.#askSoon();
    this.#counted(deletions);
  }

  setRights({ write }) {
    this.text.disabled = !write;
    this.form.querySelector("button").disabled = !write;
    this.text.placeholder = write ? t("Write to everybody") : t("You can read along here");
  }

  /** The chat came into view: everything in it counts as read. */
  seen() {
    if (this.#atBottom()) this.#read();
    else this.#toBottom();
  }

  close() {
    for (const off of this.#off) off();
    clearTimeout(this.#gapTimer);
    this.outbox.close();
  }

  #listen() {
    this.#off.push(
      this.link.on("message", (message) => {
        if (message.room !== this.room) return;
        this.#typing.delete(message.sender.id);
        this.#drawTyping();
        this.#show(this.#timeline.receive(message));
        if (this.#timeline.misses()) this.#askSoon();
      }),
      this.link.on("message_deleted", ({ room, id, deletions }) => {
        if (room !== this.room) return;
        this.#deleted(id);
        if (deletions === this.#deletions + 1) this.#deletions = deletions;
        else this.#counted(deletions);
      }),
      this.link.on("typing", ({ room, user, name }) => room === this.room && this.#isTyping(user, name)),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#write();
      }
    });
    this.text.addEventListener("input", () => this.#typed());
    this.earlier.addEventListener("click", () => this.#fetchEarlier());
    this.fresh.addEventListener("click", () => this.#toBottom());
    this.scroll.addEventListener("scroll", () => {
      this.#sticks = this.#atBottom();
      if (this.#sticks) this.#read();
    }, { passive: true });
    // Hands go up or a keyboard opens: who read the latest message goes on seeing it.
    const resize = new ResizeObserver(() => this.#sticks && this.#toBottom());
    resize.observe(this.scroll);
    this.#off.push(() => resize.disconnect());
  }

  #write() {
    const text = this.text.value.trim();
    if (!text) return;
    this.text.value = "";
    this.#grow();
    this.#typedAt = 0;
    this.outbox.add(text);
    this.#toBottom();
  }

  async #post({ text, nonce }) {
    const { message } = await this.link.emit("message", { room: this.room, text, nonce });
    this.#show(this.#timeline.receive(message));
    if (this.#timeline.misses()) this.#askSoon();
  }

  #typed() {
    this.#grow();
    const now = Date.now();
    if (!this.text.value.trim() || now - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = now;
    this.link.send("typing", { room: this.room });
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 140)}px`;
  }

  #askSoon() {
    clearTimeout(this.#gapTimer);
    this.#gapTimer = setTimeout(() => this.#timeline.misses() && this.catchUp(), GAP_MS);
  }

  /** Read the chat on from this number. */
  async *#stretches(after) {
    for (let more = true; more; ) {
      const answer = await this.link.emit("history", { room: this.room, after, limit: 500 });
      yield answer;
      after = answer.messages.at(-1)?.seq ?? after;
      more = answer.more;
    }
  }

  /** Was something deleted without a word to this page? Then all that is shown is looked through once more. */
  async #counted(deletions) {
    if (this.#deletions === null || deletions <= this.#deletions) return;
    const before = this.#deletions;
    this.#deletions = deletions;
    try {
      for await (const { messages } of this.#stretches(this.#timeline.first - 1)) {
        for (const { id, deleted } of messages) if (deleted) this.#deleted(id);
      }
    } catch {
      this.#deletions = before; // the line is down: the next beat says it again
    }
  }

  async #fetchEarlier() {
    const before = this.#timeline.first;
    this.earlier.disabled = true;
    try {
      const { messages, more } = await this.link.emit("history", { room: this.room, before, limit: 100 });
      const height = this.scroll.scrollHeight;
      this.#timeline.fill(messages);
      this.#drawAll();
      this.scroll.scrollTop += this.scroll.scrollHeight - height;
      this.earlier.hidden = !more;
    } finally {
      this.earlier.disabled = false;
    }
  }

  // Drawing

  #show(messages) {
    if (!messages.length) return;
    this.empty.hidden = true;
    const stay = !this.#atBottom();
    const last = this.#rows.size ? [...this.#rows.keys()].at(-1) : 0;
    if (messages[0].seq > last) for (const message of messages) this.#append(message);
    else this.#drawAll();
    const mine = messages.some(({ sender, kind }) => kind === "text" && sender.id === this.me.id);
    const others = messages.filter(({ sender, kind }) => kind === "text" && sender.id !== this.me.id).length;
    const first = this.#rows.size === messages.length;
    if (!stay || mine || first) this.#toBottom();
    const seen = first || (this.#inView() && this.#atBottom());
    this.#unread = seen ? 0 : this.#unread + others;
    this.#tell();
  }

  #drawAll() {
    this.log.replaceChildren();
    this.#rows.clear();
    for (const message of this.#timeline.list) this.#append(message);
    this.#drawUnsent();
  }

  #append(message) {
    const before = this.#timeline.list.filter(({ seq }) => seq < message.seq).at(-1);
    const today = day(message.at);
    const parts = [];
    if (!before || day(before.at).key !== today.key) parts.push(make("li", "chat-day", today.words));
    const row = message.kind === "system" ? this.#systemRow(message, parts.length === 0) : this.#row(message);
    if (row) parts.push(row);
    this.#rows.set(message.seq, row ?? this.#rows.get(before?.seq));
    const unsent = this.log.querySelector("[data-unsent]");
    for (const part of parts) this.log.insertBefore(part, unsent);
  }

  /** Lines of coming and going; a long run of them is folded into the latest one. */
  #systemRow(message, mayFold) {
    const last = [...this.log.children].filter((row) => row.dataset.unsent === undefined).at(-1);
    const words = `${this.#comingOrGoing(message.text)}, ${clock(message.at)}`;
    if (mayFold && last?.classList.contains("chat-system")) {
      const list = last.querySelector("ul") ?? last.appendChild(make("ul", "chat-folded"));
      const shown = [...last.querySelectorAll(":scope > p")];
      if (shown.length < FOLD && !last.querySelector("details")) {
        last.insertBefore(make("p", "", words), list);
        return null;
      }
      let details = last.querySelector("details");
      if (!details) {
        details = make("details");
        details.append(make("summary"), list);
        last.prepend(details);
      }
      const oldest = shown[0];
      list.append(make("li", "", oldest.textContent));
      oldest.remove();
      last.append(make("p", "", words));
      const count = list.children.length;
      details.firstChild.textContent = tn("1 person came or went before", "%(num)s times somebody came or went before", count);
      return null;
    }
    const row = make("li", "chat-system");
    row.append(make("p", "", words));
    return row;
  }

  /** The room keeps these lines in English, as they stand in every reader's record; the page says them as it speaks. */
  #comingOrGoing(text) {
    const [, name, what] = text.match(/^(.*) (joined|left)$/s) ?? [];
    if (!what) return text;
    return what === "joined" ? t("%(name)s joined", { name }) : t("%(name)s left", { name });
  }

  #row(message, { bare = false } = {}) {
    const row = make("li", "chat-message");
    if (!bare) row.dataset.id = message.id;
    const mine = message.sender.id === this.me.id;
    const head = make("p", "chat-head");
    head.append(make("strong", "chat-name", mine ? this.#firstName(message.sender) : message.sender.name), " ");
    if (this.isTeacher(message.sender.id)) head.append(make("span", "tag", t("Teacher")), " ");
    if (mine) head.append(make("span", "chat-you", t("you")), " ");
    const time = make("time", "chat-time", clock(message.at));
    time.dateTime = message.at;
    head.append(time);
    const body = make("div", "chat-body");
    body.append(head, message.deleted ? make("p", "chat-gone", t("This message was deleted")) : make("p", "chat-words", message.text));
    row.append(avatar(message.sender, 32), body);
    if (!bare && !message.deleted && (mine || this.mayModerate())) row.append(this.#more(message));
    return row;
  }

  #firstName({ name }) {
    return name.split(" ")[0];
  }

  #more(message) {
    const describe = t("More for the message of %(name)s at %(time)s", { name: message.sender.name, time: clock(message.at) });
    return moreMenu(`message-${message.id}`, describe, [
      { label: t("Delete message"), icon: "trash3", danger: true, run: () => this.#delete(message) },
    ]);
  }

  async #delete(message) {
    try {
      await this.link.emit("delete_message", { room: this.room, id: message.id });
      this.#deleted(message.id);
    } catch (error) {
      toast(error.message, { kind: "error" });
    }
  }

  #deleted(id) {
    const message = this.#timeline.byId(id);
    if (!message || message.deleted) return;
    Object.assign(message, { deleted: true, text: "" });
    const old = this.log.querySelector(`[data-id="${CSS.escape(id)}"]`);
    const row = this.#row(message);
    old?.replaceWith(row);
    this.#rows.set(message.seq, row);
    this.#tell();
  }

  #drawUnsent() {
    for (const old of this.log.querySelectorAll("[data-unsent]")) old.remove();
    for (const item of this.outbox.items) this.log.append(this.#unsentRow(item));
    this.#tell();
  }

  #unsentRow(item) {
    const row = make("li", "chat-message chat-unsent");
    row.dataset.unsent = item.nonce;
    const head = make("p", "chat-head");
    head.append(make("strong", "chat-name", this.#firstName(this.me)), " ", make("span", "chat-you", t("you")), " ");
    const state = make("span", item.problem ? "chat-problem" : "chat-waiting");
    state.append(icon(item.problem ? "exclamation-triangle-fill" : "clock"), ` ${item.problem || t("waiting to be sent")}`);
    head.append(state);
    const body = make("div", "chat-body");
    body.append(head, make("p", "chat-words", item.text));
    if (item.problem) {
      const drop = button(t("Take back"), "btn btn-quiet btn-sm");
      drop.addEventListener("click", () => {
        this.text.value = item.text;
        this.outbox.remove(item.nonce);
        this.text.focus();
      });
      body.append(drop);
    }
    row.append(avatar(this.me, 32), body);
    return row;
  }

  #isTyping(user, name) {
    clearTimeout(this.#typing.get(user)?.timer);
    const timer = setTimeout(() => {
      this.#typing.delete(user);
      this.#drawTyping();
    }, TYPING_SHOWN_MS);
    this.#typing.set(user, { name: name.split(" ")[0], timer });
    this.#drawTyping();
  }

  #drawTyping() {
    const names = [...this.#typing.values()].map(({ name }) => name);
    this.typing.textContent = names.length ? whoWrites(names) : "";
  }

  // Reading

  #inView() {
    return this.scroll.offsetParent !== null;
  }

  #atBottom() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 48;
  }

  #toBottom() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    if (this.#inView()) this.#read();
  }

  #read() {
    this.#unread = 0;
    this.#tell();
  }

  #tell() {
    const count = this.#unread;
    this.fresh.hidden = count === 0;
    this.fresh.textContent = tn("1 new message", "%(num)s new messages", count);
    const latest = this.#timeline.list.filter(({ kind, deleted }) => kind === "text" && !deleted).slice(-2);
    this.onChange({ waiting: this.outbox.waiting, unread: count, latest: latest.map((message) => this.#row(message, { bare: true })) });
  }
}

function whoWrites([first, second, ...others]) {
  if (others.length) return t("%(count)s people are writing…", { count: others.length + 2 });
  return second ? t("%(first)s and %(second)s are writing…", { first, second }) : t("%(name)s is writing…", { name: first });
}
