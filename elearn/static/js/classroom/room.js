/**
 * The live room: one socket, and the board, the chat, the people and the voices that share it.
 * Reads: data-room, -name, -me, -full-name, -sign-in, -view on the element; data-room-* and data-view(-to) inside it.
 */
import { get, post } from "../lib/http.js";
import { RoomSocket } from "../lib/socket.js";
import { toast } from "../lib/toast.js";
import { t } from "../lib/words.js";
import Board from "./board.js";
import Chat from "./chat.js";
import Controls from "./controls.js";
import People from "./people.js";
import { Voice } from "./voice.js";

const OFFLINE_AFTER_MS = 1500; // a short gap is not worth a word
const POLL_MS = 5000; // while the socket is down, ask over REST
const GONE = {
  signed_out: t("You are signed out. Sign in to come back."),
  removed: t("You are not in this room any more."),
  shown_out: t("A teacher has shown you out. You can come in again when the lesson is over."),
  deleted: t("This room does not exist any more."),
};
const LINES = { connected: t("Connected"), connecting: t("Connecting"), left: t("Left") };

export default class Room {
  #joinedOnce = false;
  #heardOnce = false;
  #closed = false;
  #offlineTimer = 0;
  #pollTimer = 0;
  #clockTimer = 0;
  #waiting = { chat: 0, board: 0 };

  constructor(element) {
    this.element = element;
    element.room = this;
    const { room, me, fullName } = element.dataset;
    this.room = room;
    this.me = { id: me, name: fullName };
    this.can = [];
    this.lesson = null;
    this.socket = new RoomSocket(room);
    const api = `/api/classrooms/${room}`;
    this.link = this.socket.namespace("/classroom", {
      join: async ({ after }) => {
        const limit = after === undefined ? 100 : 500;
        const [{ id, name, course, ...state }, history] = await Promise.all([
          get(`${api}/`),
          get(`${api}/messages/?${search({ after, limit })}`),
        ]);
        return { room: { id, name, course }, ...state, ...history };
      },
      message: async ({ text, nonce }) => ({ message: await post(`${api}/messages/`, { text, nonce }) }),
      history: ({ room: _room, ...query }) => get(`${api}/messages/?${search(query)}`),
    });
    this.boardLink = this.socket.namespace("/whiteboard", {
      join: () => get(`${api}/board/`),
      open: ({ page, after }) => get(`${api}/board/pages/${page}/?${search({ after })}`),
      ops: ({ page, cid, ops }) => post(`${api}/board/pages/${page}/ops/`, { cid, ops }),
    });
    this.voiceLink = this.socket.namespace("/audio");
    this.#build();
    this.#listen();
    this.#mountTabs();
    this.socket.open([this.link, this.boardLink, this.voiceLink]);
    this.#offlineSoon();
  }

  part(name) {
    return this.element.querySelector(`[data-room-${name}]`);
  }

  #build() {
    const { link, room, me } = this;
    this.people = new People(this.part("people"), this.part("hands"), {
      link, room, me,
      onRemove: (person) => this.#confirmRemove(person),
      onChange: ({ problem } = {}) => (problem ? toast(problem, { kind: "error" }) : this.#peopleChanged()),
    });
    this.chat = new Chat(this.part("chat"), {
      link, room, me,
      isTeacher: (id) => this.people.isTeacher(id),
      mayModerate: () => this.can.includes("lead"),
      onChange: (state) => this.#chatChanged(state),
    });
    this.board = new Board(this.part("board").querySelector("[data-board]"), {
      link: this.boardLink, room, me,
      nameOf: (id) => this.people.nameOf(id),
      onState: ({ pending }) => this.#saving("board", pending),
    });
    this.voice = new Voice({ link: this.voiceLink, room, me, onState: (state) => this.#voiceChanged(state) });
    this.controls = new Controls(this.element, { voice: this.voice, link, room, say: (words, kind = "success") => toast(words, { kind }) });
  }

  #listen() {
    const mine = (handler) => (event) => event.room === this.room && handler(event);
    this.link.onState((connected) => (connected ? this.#join() : this.#offlineSoon()));
    this.boardLink.onState((connected) => connected && this.#joinBoard());
    this.voiceLink.onState((connected) => connected && this.#joinVoice());
    this.link.on("rights", mine(({ user, can }) => user === this.me.id && this.#setRights(can)));
    this.link.on("everyone", mine(({ right, on }) => right === "draw" && this.controls.setEveryone(on)));
    this.link.on("lesson", mine(({ lesson }) => this.#setLesson(lesson)));
    this.link.on("beat", mine((beat) => {
      this.chat.beat(beat);
      this.board.beat(beat.pages);
    }));
    for (const link of [this.link, this.boardLink, this.voiceLink]) {
      // Fallen behind: the server closes the line next, and coming back brings what was missed.
      link.on("resync", () => this.#drawLine(false));
      link.on("closed", mine(({ reason }) => this.#leave(reason)));
      link.on("connect_error", (error) => error.message === "unauthenticated" && this.#leave("signed_out"));
      // A server that goes down for a new version closes the socket itself; coming back is up to the client then.
      link.on("disconnect", (reason) => reason === "io server disconnect" && !this.#closed && setTimeout(() => link.socket.connect(), 1000 * Math.random()));
    }
    document.querySelector("[data-room-start-form]")?.addEventListener("submit", (event) => this.#startLesson(event));
    document.querySelector("[data-room-end-form]")?.addEventListener("submit", () => this.#ask("end_lesson"));
    window.addEventListener("online", () => this.link.socket.connect());
    window.addEventListener("pagehide", () => this.link.send("leave", { room: this.room }));
    window.addEventListener("beforeunload", (event) => {
      if (this.chat.outbox.waiting || this.board.pending) event.preventDefault();
    });
    this.#clockTimer = setInterval(() => this.#drawClock(), 1000);
  }

  // The line

  async #join() {
    const after = this.#joinedOnce ? this.chat.seq : undefined;
    try {
      const answer = await this.link.emit("join", { room: this.room, ...(after === undefined ? {} : { after }) });
      this.#joinedOnce = true;
      this.me = { ...answer.you };
      this.chat.me = this.people.me = this.me;
      this.people.joined(answer);
      this.#setRights(answer.you.can);
      this.controls.setEveryone(answer.everyone_draws);
      this.#setLesson(answer.lesson);
      await this.chat.joined(answer, after);
      this.element.dataset.joined = "true";
      if (this.link.connected) this.#online();
    } catch (error) {
      if (error.code === "forbidden" || error.code === "not_found") this.#leave("removed", error.message);
      else if (error.code === "unauthenticated") this.#leave("signed_out");
      else if (this.link.connected) setTimeout(() => this.link.connected && this.#join(), 2000);
    }
  }

  async #joinBoard() {
    try {
      await this.board.joined();
    } catch {
      if (this.boardLink.connected && !this.#closed) setTimeout(() => this.#joinBoard(), 2000);
    }
  }

  async #joinVoice() {
    await this.voice.joined();
    // Sound is on from the start; who turned it off keeps it off through a lost line.
    if (!this.#heardOnce) this.voice.listen(true);
    this.#heardOnce = true;
  }

  #offlineSoon() {
    clearTimeout(this.#offlineTimer);
    this.#drawLine(false);
    this.#offlineTimer = setTimeout(() => {
      if (this.link.connected || this.#closed) return;
      this.#strip(t("The line was lost. Your messages are kept and sent again."));
      this.#poll();
    }, OFFLINE_AFTER_MS);
  }

  #online() {
    clearTimeout(this.#offlineTimer);
    clearTimeout(this.#pollTimer);
    this.#drawLine(true);
    this.part("strip").hidden = true;
  }

  /** While only the socket is blocked (a strict firewall), the room goes on over REST. */
  async #poll() {
    clearTimeout(this.#pollTimer);
    if (this.link.connected || this.#closed) return;
    try {
      if (!this.#joinedOnce) {
        await this.#join();
        this.board.joined();
      }
      const { pages } = await get(`/api/classrooms/${this.room}/board/`);
      this.board.beat(Object.fromEntries(pages.map(({ id, rev }) => [id, rev])));
      await this.chat.catchUp();
      this.chat.outbox.flush();
    } catch (error) {
      if (error.status === 401) return this.#leave("signed_out");
      if (error.status === 403 || error.status === 404) return this.#leave("removed");
    }
    this.#pollTimer = setTimeout(() => this.#poll(), POLL_MS);
  }

  #leave(reason, words = GONE[reason] ?? GONE.removed) {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#offlineTimer);
    clearTimeout(this.#pollTimer);
    clearInterval(this.#clockTimer);
    this.#setRights([]);
    this.voice.close();
    this.board.close();
    this.chat.close();
    this.people.close();
    for (const { socket } of [this.link, this.boardLink, this.voiceLink]) socket.disconnect();
    this.element.dataset.closed = reason;
    this.#drawLine(false, "left");
    const link = this.part("strip-link");
    const signIn = reason === "signed_out";
    link.hidden = false;
    link.textContent = signIn ? t("Sign in") : t("Go to my home");
    link.href = signIn ? this.element.dataset.signIn : "/";
    this.#strip(words);
    this.part("latest").hidden = true;
  }

  #strip(words) {
    this.part("strip-words").textContent = words;
    this.part("strip").hidden = false;
  }

  // Rights, lesson, people

  #setRights(can) {
    this.can = can;
    const leads = can.includes("lead");
    this.people.leads = leads;
    this.chat.setRights({ write: can.includes("write") });
    this.board.setRights({ draw: can.includes("draw"), teach: leads });
    this.voice.setRights({ speak: can.includes("speak") });
    this.controls.setRights(can);
    this.people.draw();
  }

  #setLesson(lesson) {
    this.lesson = lesson;
    const title = lesson?.title ?? this.element.dataset.name;
    this.part("title").textContent = title;
    this.part("live").hidden = !lesson;
    this.part("now").hidden = !lesson;
    this.#show(this.part("start"), !lesson);
    this.#show(this.part("end"), Boolean(lesson));
    this.#drawClock();
  }

  #show(element, on) {
    if (element) element.hidden = !on;
  }

  #drawClock() {
    if (!this.lesson) return;
    const seconds = Math.max(0, Math.floor((Date.now() - new Date(this.lesson.started_at)) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(seconds / 3600);
    const words = `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    for (const place of this.element.querySelectorAll("[data-room-time]")) place.textContent = words;
  }

  #peopleChanged() {
    for (const place of this.element.querySelectorAll("[data-room-count]")) place.textContent = String(this.people.count || "");
    this.controls?.setHand(this.people.myPlace, this.people.myPlaceInWords);
  }

  #voiceChanged(state) {
    this.controls?.setVoice(state);
    const users = state.streams.map(({ user }) => user);
    if (state.speaking) users.push(this.me.id);
    const key = [...new Set(users)].sort().join();
    if (key === this.speakingKey) return;
    this.speakingKey = key;
    this.people.setSpeaking(users);
    const [first] = users;
    const name = this.people.nameOf(first)?.split(" ")[0] ?? t("Somebody");
    const words = first === this.me.id ? t("You are speaking") : t("%(name)s is speaking", { name });
    this.part("speaker").textContent = first ? words : "";
  }

  #confirmRemove(person) {
    const dialog = document.querySelector("[data-room-remove]");
    for (const place of dialog.querySelectorAll("[data-person]")) place.textContent = person.name;
    for (const place of dialog.querySelectorAll("[data-person-first]")) place.textContent = person.name.split(" ")[0];
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "remove" && this.#ask("remove", { user: person.id }), { once: true });
    dialog.showModal();
  }

  #startLesson(event) {
    const title = new FormData(event.target).get("title").trim();
    this.#ask("start_lesson", { title });
  }

  async #ask(event, payload = {}) {
    try {
      await this.link.emit(event, { room: this.room, ...payload });
    } catch (error) {
      toast(error.message, { kind: "error" });
    }
  }

  // What is saved, what is new

  #saving(which, count) {
    this.#waiting[which] = count;
    const saving = this.#waiting.chat + this.#waiting.board > 0;
    const place = this.part("saved");
    place.classList.toggle("state-done", !saving);
    place.classList.toggle("state-warn", saving);
    place.querySelector(".bi").className = `bi bi-${saving ? "arrow-repeat" : "check-lg"}`;
    place.lastElementChild.textContent = saving ? t("Saving") : t("Saved");
  }

  #drawLine(connected, state = connected ? "connected" : "connecting") {
    this.element.dataset.line = state;
    const place = this.part("line");
    place.classList.toggle("state-done", connected);
    place.classList.toggle("state-warn", !connected);
    place.querySelector(".bi").className = `bi bi-${connected ? "wifi" : "arrow-repeat"}`;
    place.lastElementChild.textContent = LINES[state];
  }

  #chatChanged({ waiting, unread, latest }) {
    this.#saving("chat", waiting);
    for (const place of this.element.querySelectorAll("[data-room-unread]")) {
      place.hidden = unread === 0;
      place.textContent = unread > 99 ? "99+" : String(unread);
    }
    this.part("latest").hidden = latest.length === 0;
    this.part("latest-log").replaceChildren(...latest);
  }

  // Tabs: three on a phone, two beside the board elsewhere; one state for both

  #mountTabs() {
    for (const list of [this.part("tabs"), this.part("side-tabs")]) {
      list.addEventListener("click", (event) => {
        const tab = event.target.closest("[role=tab]");
        if (tab) this.view(tab.dataset.view);
      });
      list.addEventListener("keydown", (event) => {
        const tabs = [...list.querySelectorAll("[role=tab]")];
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
        next.focus();
        this.view(next.dataset.view);
      });
    }
    this.element.querySelector("[data-view-to]").addEventListener("click", () => this.view("chat"));
    this.view("board");
  }

  view(name) {
    this.element.dataset.view = name;
    for (const tab of this.element.querySelectorAll("[role=tab]")) {
      const beside = tab.closest("[data-room-side-tabs]");
      const current = tab.dataset.view === (beside && name === "board" ? "chat" : name);
      tab.setAttribute("aria-selected", String(current));
      tab.tabIndex = current ? 0 : -1;
    }
    if (name !== "people") this.chat.seen();
  }
}

function search(query) {
  return new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== null)).toString();
}
