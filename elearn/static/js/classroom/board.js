/**
 * The whiteboard of the room. The room page gives the element of templates/classroom/_board.html, a link (emit, send, on, connected), the room
 * and the person, and calls joined() after every connect, setRights() and beat().
 * Reads inside the element: data-board-tools, -paper, -committed, -live, -cursors, -notice, -strip, -place, -rights, -pages, -add, -news,
 * -texts, -remove.
 */
import { t } from "../lib/words.js";
import { Cursors } from "./board/cursors.js";
import { Desk } from "./board/desk.js";
import { Keyboard } from "./board/keyboard.js";
import { Live } from "./board/live.js";
import { Notice } from "./board/notice.js";
import { isWriting } from "./board/objects.js";
import { PageStrip } from "./board/pages.js";
import { Surface } from "./board/surface.js";
import { Sync } from "./board/sync.js";
import { Telling } from "./board/telling.js";
import { Toolbar } from "./board/toolbar.js";
import { Tools } from "./board/tools.js";
import { Writing } from "./board/writing.js";

const MOST_OBJECTS = 500;
const NEARLY = 480;
const REFUSALS = {
  forbidden: t("You may not draw here any more, so the last change was taken back"),
  full: t("The page is full, so the last change was taken back"),
  not_found: t("This page was removed, and the last change with it"),
};
const REFUSED = t("The last change could not be kept. Draw it again");

export default class Board {
  #shownPage = null;
  #fullness = "";
  #problem = null;
  #pendingAdd = false;
  #off = new AbortController();

  constructor(element, { link, room, me, onState = () => {}, nameOf = () => null }) {
    Object.assign(this, { element, link, room, me, onState, nameOf });
    const part = (name) => element.querySelector(`[data-board-${name}]`);
    const page = () => this.sync.page;
    const shared = { link, room, me };
    this.paper = part("paper");
    this.rights = part("rights");
    this.addButton = part("add");
    this.removeDialog = part("remove");
    this.sync = new Sync({
      ...shared,
      onChange: (id) => this.#changed(id),
      onPages: () => this.#pagesChanged(),
      onBatches: (id, batches) => this.#others(id, batches),
      onRefused: (error) => this.#refused(error),
      onState: (error) => this.#tellState(error),
    });
    this.live = new Live({ ...shared, page, onChange: () => this.surface.invalidateLive() });
    this.surface = new Surface({
      paper: this.paper,
      committed: part("committed"),
      live: part("live"),
      scene: this.#scene(),
      onResize: () => this.writing.resize(),
    });
    this.cursors = new Cursors({ ...shared, page, layer: part("cursors") });
    this.notice = new Notice(part("notice"));
    this.telling = new Telling({
      news: part("news"),
      list: part("texts"),
      nameOf: (id) => this.#nameOf(id),
      texts: () => this.desk.objects.filter((object) => isWriting(object.kind) && object.text).map(({ text }) => text),
    });
    this.desk = new Desk({
      sync: this.sync,
      live: this.live,
      me,
      surface: this.surface,
      onChoice: (style) => this.#chosen(style),
      say: (sentence) => this.telling.say(sentence),
    });
    this.writing = new Writing({ paper: this.paper, desk: this.desk });
    this.tools = new Tools({ paper: this.paper, desk: this.desk, writing: this.writing, cursors: this.cursors });
    this.keyboard = new Keyboard({ root: element, paper: this.paper, desk: this.desk, tools: this.tools, writing: this.writing });
    this.toolbar = new Toolbar({ root: part("tools"), desk: this.desk, onAct: (act) => this.#act(act) });
    this.strip = new PageStrip({
      list: part("pages"),
      place: part("place"),
      palette: this.surface.palette,
      objectsOf: (id) => this.#objectsOf(id),
      want: (id) => this.sync.want(id),
      onTurn: (id) => this.#turn(id),
    });
    this.#listen(part("strip"));
    this.setRights({ draw: false, teach: false });
  }

  /** How many of one's own batches the server has not confirmed yet. */
  get pending() {
    return this.sync.outbox.size;
  }

  /** The line is there (again): take the state of the room and send what waited. */
  joined() {
    return this.sync.join();
  }

  /** Without the right to draw there are no tools, and what is being drawn is given up. */
  setRights({ draw, teach }) {
    if (this.desk.mayDraw && !draw) {
      this.tools.cancel();
      this.keyboard.settle();
      this.writing.cancel();
      this.toolbar.closeFlyouts();
      this.desk.putDown();
    }
    this.desk.mayDraw = draw;
    this.desk.mayTeach = teach;
    this.toolbar.root.hidden = !draw;
    this.rights.hidden = !draw;
    this.addButton.hidden = !teach;
    this.paper.classList.toggle("may-draw", draw);
    this.strip.update(this.sync.pages, this.sync.page, teach);
    this.toolbar.update();
    this.#checkFullness();
  }

  /** The room tells {pageId: rev} now and then: what is missing is fetched. */
  beat(pages) {
    this.sync.beat(pages);
  }

  close() {
    this.#off.abort();
    for (const part of [this.tools, this.keyboard, this.toolbar, this.strip, this.telling, this.cursors, this.live]) part.close();
    this.notice.hide();
    this.writing.cancel();
    this.sync.close();
    this.surface.close();
  }

  #scene() {
    return {
      objects: () => this.desk.objects,
      background: () => this.sync.pages.find(({ id }) => id === this.sync.page)?.background ?? "white",
      hidden: () => this.desk.hidden,
      drafts: () => {
        const there = this.sync.page ? this.sync.replica(this.sync.page).objects : new Map();
        return [...this.live.drafts(this.sync.page).filter(({ id }) => !there.has(id)), ...this.desk.drafts];
      },
      marks: () => ({ boxes: this.desk.boxes, marquee: this.desk.marquee }),
    };
  }

  #listen(strip) {
    const { signal } = this.#off;
    const flyout = strip.querySelector("[popover]");
    flyout.addEventListener("click", (event) => {
      const background = event.target.closest("[data-background]")?.dataset.background;
      if (!background) return;
      flyout.hidePopover();
      this.#addPage(background);
    }, { signal });
    flyout.addEventListener("toggle", ({ newState }) => {
      if (newState !== "open") return;
      const at = this.addButton.getBoundingClientRect();
      const { offsetWidth: width, offsetHeight: height } = flyout;
      flyout.style.left = `${Math.max(8, Math.min(at.left + at.width / 2 - width / 2, innerWidth - width - 8))}px`;
      flyout.style.top = `${Math.max(8, at.top - height - 8)}px`;
    }, { signal });
    this.removeDialog.addEventListener("close", () => {
      if (this.removeDialog.returnValue === "remove") this.#ask("remove_page", { page: this.removeDialog.dataset.page });
    }, { signal });
    for (const button of this.removeDialog.querySelectorAll("button")) {
      button.addEventListener("click", () => this.removeDialog.close(button.value), { signal });
    }
  }

  #changed(page) {
    this.strip?.touch(page);
    if (page !== this.sync.page) return;
    this.desk.checkSelection();
    this.surface.invalidate();
    this.surface.invalidateLive();
    if (this.desk.mayDraw) this.toolbar.update();
    this.telling.refresh();
    this.#checkFullness();
    this.#tellState();
  }

  #pagesChanged() {
    const { page, pages } = this.sync;
    if (page !== this.#shownPage) {
      this.tools.cancel();
      this.keyboard.settle();
      this.writing.finish();
      this.desk.putDown();
      this.cursors.clear();
      if (this.#shownPage) this.telling.say(t("Page %(number)s", { number: pages.findIndex(({ id }) => id === page) + 1 }));
      this.#shownPage = page;
      this.paper.dataset.background = this.surface.scene.background();
      this.#fullness = "";
    }
    this.strip.update(pages, page, this.desk.mayTeach);
    this.#changed(page);
  }

  #others(page, batches) {
    for (const { by, ops } of batches) {
      for (const op of ops) if (op.op === "add") this.live.drop(op.object.id);
      if (by !== this.me.id && page === this.sync.page) this.telling.tell(by, ops);
    }
  }

  #refused(error) {
    this.#problem = REFUSALS[error.code] ?? REFUSED;
    this.notice.show(this.#problem);
    this.#tellState();
    this.#problem = null;
  }

  #tellState(error = null) {
    const page = this.sync.page;
    this.onState({
      pending: this.pending,
      full: this.#fullness === "full",
      page,
      pages: this.sync.pages,
      problem: error?.message ?? this.#problem,
    });
  }

  /** Tell once when the page becomes nearly full, and once when it is. */
  #checkFullness() {
    const count = this.desk.objects.length;
    const fullness = count >= MOST_OBJECTS ? "full" : count >= NEARLY ? "nearly" : "";
    if (fullness === this.#fullness) return;
    this.#fullness = fullness;
    if (!fullness || !this.desk.mayDraw) return;
    const words = fullness === "full" ? t("This page is full: with each new thing the oldest one goes") : t("This page is nearly full");
    const offer = this.desk.mayTeach ? { label: t("Add a page"), action: () => this.#addPage(this.surface.scene.background()) } : {};
    this.notice.show(words, { stays: true, ...offer });
  }

  #chosen(style) {
    this.writing.restyle(style);
    this.toolbar.update();
    this.paper.dataset.tool = this.desk.tool;
  }

  #act(act) {
    if (act === "undo" || act === "redo") {
      this.keyboard.settle();
      this.desk.replay(act);
    } else if (act === "clear") {
      this.desk.act([{ op: "clear" }]);
      this.notice.show(t("The page is cleared"), { label: t("Undo"), action: () => this.desk.replay("undo") });
    } else if (act === "remove-page") {
      const number = this.sync.pages.findIndex(({ id }) => id === this.sync.page) + 1;
      for (const place of this.removeDialog.querySelectorAll("[data-number]")) place.textContent = String(number);
      this.removeDialog.dataset.page = this.sync.page;
      this.removeDialog.returnValue = "";
      this.removeDialog.showModal();
    }
  }

  async #addPage(background) {
    if (this.#pendingAdd) return;
    this.#pendingAdd = true;
    const answer = await this.#ask("add_page", { background });
    this.#pendingAdd = false;
    if (answer) this.#turn(answer.page.id);
  }

  #turn(page) {
    if (page !== this.sync.page) this.#ask("turn", { page });
  }

  /** Ask the server for something that is not drawing; what goes wrong is told above the board. */
  async #ask(event, payload) {
    try {
      const answer = await this.link.emit(event, { room: this.room, ...payload });
      if (answer?.ok === false) throw new Error(answer.error?.message);
      return answer;
    } catch (error) {
      this.notice.show(error.message || t("That did not work. Try it again"));
      return null;
    }
  }

  #objectsOf(page) {
    const replica = this.sync.replica(page);
    return replica.known ? replica.list : null;
  }

  #nameOf(id) {
    return this.nameOf(id) ?? this.cursors.nameOf(id) ?? t("Somebody");
  }
}
