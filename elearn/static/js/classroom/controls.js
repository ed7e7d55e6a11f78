/**
 * The controls below the board: voice, sound, hand, and the teacher's switches.
 * Reads: data-room-speak, -meter, -voice-words, -sound, -hand, -everyone, -mute-all; inside a button data-label.
 */
import { t } from "../lib/words.js";

const BARS = 8;
const NARROW = matchMedia("(max-width: 47.99rem)");

export default class Controls {
  constructor(element, { voice, link, room, say }) {
    Object.assign(this, { voice, link, room, say, can: [], leads: false, hand: 0 });
    const part = (name) => element.querySelector(`[data-room-${name}]`);
    Object.assign(this, {
      speak: part("speak"), meter: part("meter"), words: part("voice-words"), sound: part("sound"),
      handButton: part("hand"), everyone: part("everyone"), muteAll: part("mute-all"),
    });
    this.speak.addEventListener("click", () => (this.state?.speaking ? this.voice.mute() : this.voice.speak()));
    this.sound.addEventListener("click", () => this.voice.listen(!this.state?.listening));
    this.handButton?.addEventListener("click", () => this.#raise());
    this.everyone?.addEventListener("change", () => this.#ask("grant", { user: "*", right: "draw", on: this.everyone.checked }, () => {
      this.everyone.checked = !this.everyone.checked;
    }));
    this.muteAll?.addEventListener("click", async () => {
      if (await this.#ask("grant", { user: "*", right: "speak", on: false })) this.say(t("All students are muted"));
    });
  }

  setRights(can) {
    this.can = can;
    this.leads = can.includes("lead");
    this.draw();
  }

  setVoice(state) {
    this.state = state;
    this.draw();
  }

  /** The place of one's own hand in the queue, 0 when it is down. */
  setHand(number, words) {
    this.hand = number;
    this.handWords = words;
    this.draw();
  }

  setEveryone(on) {
    if (this.everyone) this.everyone.checked = on;
  }

  draw() {
    const { speaking = false, listening = false, level = 0, problem = null, streams = [] } = this.state ?? {};
    const maySpeak = this.can.includes("speak");
    this.speak.hidden = !maySpeak;
    label(this.speak, speaking ? t("Mute me") : t("Turn voice on"), speaking ? "mic-fill" : "mic-mute-fill");
    this.speak.classList.toggle("btn-primary", speaking || !this.handButton);
    this.speak.classList.toggle("btn-second", !(speaking || !this.handButton));
    this.meter.hidden = !speaking;
    const lit = Math.round(Math.min(1, level * 1.6) * BARS);
    [...this.meter.children].forEach((bar, index) => bar.classList.toggle("is-lit", index < lit));
    const heard = this.leads ? t("Students hear you") : t("Everybody hears you");
    this.#say(problem ? problem.message : speaking ? heard : maySpeak ? t("Nobody hears you") : "", Boolean(problem));
    const turn = NARROW.matches ? [t("Sound on"), t("Sound off")] : [t("Turn sound on"), t("Turn sound off")];
    label(this.sound, turn[Number(listening)], listening ? "volume-up" : "volume-mute");
    this.sound.setAttribute("aria-pressed", String(listening));
    this.sound.classList.toggle("is-calling", !listening && streams.length > 0);
    if (this.handButton) {
      this.handButton.hidden = !this.can.includes("hand");
      this.handButton.setAttribute("aria-pressed", String(this.hand > 0));
      this.handButton.classList.toggle("btn-marker", this.hand > 0);
      this.handButton.classList.toggle("btn-primary", this.hand === 0);
      label(this.handButton, this.hand ? t("Hand is up, %(place)s", { place: this.handWords }) : t("Raise hand"), this.hand ? "hand-index-thumb-fill" : "hand-index-thumb");
    }
  }

  #say(words, isProblem) {
    if (this.words.textContent !== words) this.words.textContent = words;
    this.words.classList.toggle("is-problem", isProblem);
  }

  #raise() {
    const raised = this.hand === 0;
    this.#ask("hand", { raised });
  }

  async #ask(event, payload, undo = () => {}) {
    try {
      await this.link.emit(event, { room: this.room, ...payload });
      return true;
    } catch (error) {
      undo();
      this.say(error.message, "error");
      return false;
    }
  }
}

function label(button, words, iconName) {
  const text = button.querySelector("[data-label]");
  if (text.textContent !== words) text.textContent = words;
  button.querySelector(".bi").className = `bi bi-${iconName}`;
}
