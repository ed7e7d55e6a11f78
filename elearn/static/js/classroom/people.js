/**
 * Who is in the room, whose hands are up, and what the teacher may do about it.
 * Reads: data-people-hands, -hands-list, -teachers, -students, -empty in the panel; data-room-hands(-list) beside the board.
 */
import { t } from "../lib/words.js";
import { avatar, button, icon, make, moreMenu } from "./elements.js";

const PLACES = [t("1st"), t("2nd"), t("3rd")];
const place = (index) => PLACES[index] ?? t("%(number)sth", { number: index + 1 });

export default class People {
  #people = new Map();
  #queue = [];
  #speaking = new Set();
  #timer = 0;
  #later = 0;

  constructor(element, strip, { link, room, me, onRemove, onChange }) {
    Object.assign(this, { element, strip, link, room, me, onRemove, onChange, leads: false });
    const part = (name) => element.querySelector(`[data-people-${name}]`);
    Object.assign(this, {
      hands: part("hands"), handsList: part("hands-list"), teachers: part("teachers"), students: part("students"), empty: part("empty"),
      stripList: strip.querySelector("ol"),
    });
    link.on("people", (news) => news.room === room && this.#news(news));
    link.on("hands", ({ room: where, queue }) => where === room && this.setQueue(queue));
    link.on("rights", ({ room: where, user, can }) => where === room && this.#rights(user, can));
    this.#timer = setInterval(() => this.#queue.length && this.#drawQueue(), 5000);
  }

  /** Take the answer to `join`. */
  joined({ people, hands }) {
    this.#people = new Map(people.map((person) => [person.id, person]));
    this.#queue = hands;
    this.draw();
  }

  setQueue(queue) {
    this.#queue = queue;
    this.draw();
  }

  setSpeaking(users) {
    this.#speaking = new Set(users);
    this.draw();
  }

  get count() {
    return this.#people.size;
  }

  isTeacher(id) {
    return this.#people.get(id)?.role === "teacher" || this.#known.has(id);
  }

  nameOf(id) {
    return this.#people.get(id)?.name ?? null;
  }

  /** The place of one's own hand: 0 when it is down. */
  get myPlace() {
    return this.#queue.findIndex(({ id }) => id === this.me.id) + 1;
  }

  get myPlaceInWords() {
    return place(this.myPlace - 1);
  }

  close() {
    clearInterval(this.#timer);
    clearTimeout(this.#later);
  }

  // Teachers who left keep their tag beside what they wrote.
  #known = new Set();

  #news({ joined, left }) {
    for (const person of joined) this.#people.set(person.id, person);
    for (const id of left) this.#people.delete(id);
    this.draw();
  }

  #rights(user, can) {
    const person = this.#people.get(user);
    if (person) person.can = can;
    this.draw();
  }

  draw() {
    if (this.element.querySelector("[popover]:popover-open")) {
      // A menu that somebody is reading does not vanish under their hand.
      clearTimeout(this.#later);
      this.#later = setTimeout(() => this.draw(), 1000);
      return this.onChange();
    }
    const focused = document.activeElement?.dataset?.key;
    const all = [...this.#people.values()];
    for (const { id, role } of all) if (role === "teacher") this.#known.add(id);
    const order = (a, b) => a.name.localeCompare(b.name);
    const up = new Set(this.#queue.map(({ id }) => id));
    const teachers = all.filter(({ role }) => role === "teacher").sort(order);
    const students = all.filter(({ role, id }) => role !== "teacher" && !up.has(id)).sort(order);
    this.teachers.replaceChildren(...teachers.map((person) => this.#row(person)));
    this.students.replaceChildren(...students.map((person) => this.#row(person)));
    this.teachers.previousElementSibling.hidden = teachers.length === 0;
    this.students.previousElementSibling.hidden = students.length === 0;
    this.empty.hidden = students.length > 0 || up.size > 0;
    this.#drawQueue();
    if (focused) this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    return this.onChange();
  }

  #drawQueue() {
    this.hands.hidden = this.#queue.length === 0;
    this.handsList.replaceChildren(...this.#queue.map((hand, index) => {
      const person = this.#people.get(hand.id) ?? { id: hand.id, name: hand.name, can: [], role: "student" };
      return this.#row(person, index);
    }));
    this.strip.hidden = !this.leads || this.#queue.length === 0;
    if (!this.leads) return;
    this.stripList.replaceChildren(...this.#queue.slice(0, 5).map((hand, index) => this.#stripRow(hand, index)));
  }

  #stripRow(hand, index) {
    const row = make("li", "room-hand-row");
    const person = this.#people.get(hand.id) ?? { name: hand.name };
    const name = make("span", "room-hand-name", hand.name);
    name.append(" ", make("span", "room-hand-wait", waited(hand.at)));
    const speak = button(t("Let speak"), `btn btn-sm ${index === 0 ? "btn-primary" : "btn-second"}`, { describe: t("Let speak: %(name)s", hand) });
    speak.addEventListener("click", () => this.#grant(hand.id, "speak", true, speak));
    row.append(make("span", "room-hand-place", String(index + 1)), avatar(person, 24), name, speak);
    return row;
  }

  #row(person, handIndex = -1) {
    const row = make("li", "people-row");
    const name = make("span", "people-name", person.name);
    const notes = [];
    if (person.id === this.me.id) notes.push(t("you"));
    if (person.role !== "teacher" && person.can.includes("draw")) notes.push(handIndex >= 0 || person.id === this.me.id ? t("may draw") : "");
    const said = notes.filter(Boolean).join(", ");
    if (said) name.append(" ", make("span", "people-note", said));
    row.append(avatar(person, 32), name);
    row.append(this.#state(person, handIndex));
    if (this.leads && person.id !== this.me.id && person.role !== "teacher") row.append(this.#menu(person));
    return row;
  }

  #state(person, handIndex) {
    if (this.#speaking.has(person.id)) return stateOf("state state-done", "mic-fill", t("Speaking"));
    if (handIndex >= 0) return stateOf("tag tag-hand", "hand-index-thumb", place(handIndex));
    if (person.role !== "teacher" && person.can.includes("speak")) return stateOf("people-may", "mic", t("May speak"));
    if (person.role !== "teacher" && person.can.includes("draw")) return stateOf("people-may", "pencil", t("May draw"));
    return make("span");
  }

  #menu(person) {
    const may = (right) => person.can.includes(right);
    return moreMenu(`person-${person.id}`, t("More for %(name)s", person), [
      { label: may("speak") ? t("Take the word back") : t("Let speak"), icon: may("speak") ? "mic-mute" : "mic", run: () => this.#grant(person.id, "speak", !may("speak")) },
      { label: may("draw") ? t("Stop drawing") : t("Let draw"), icon: may("draw") ? "slash-circle" : "pencil", run: () => this.#grant(person.id, "draw", !may("draw")) },
      null,
      { label: t("Show out of the room"), icon: "box-arrow-right", danger: true, run: () => this.onRemove(person) },
    ]);
  }

  async #grant(user, right, on, control) {
    if (control) control.disabled = true;
    try {
      await this.link.emit("grant", { room: this.room, user, right, on });
    } catch (error) {
      this.onChange({ problem: error.message });
    } finally {
      if (control) control.disabled = false;
    }
  }
}

function stateOf(className, iconName, words) {
  const element = make("span", className);
  element.append(icon(iconName), make("span", "", words));
  return element;
}

/** How long a hand has been up: 40 s, 3 min. */
function waited(at) {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(at)) / 1000));
  return seconds < 90 ? t("%(number)s s", { number: seconds }) : t("%(number)s min", { number: Math.round(seconds / 60) });
}
