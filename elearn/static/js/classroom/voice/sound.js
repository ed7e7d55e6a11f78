/** The sound of the page: its audio context with the worklets. A browser may hold it back until somebody clicks. */
import { VoiceError } from "./problems.js";

const CAPTURE = new URL("./capture-worklet.js", import.meta.url);
const PLAYER = new URL("./player-worklet.js", import.meta.url);
const RESUME_MS = 400; // a browser that blocks sound never answers

export class Sound {
  #newContext;
  #onChange;

  /** The context, where all streams are mixed, and what tells when the worklets are there; null before `wake`. */
  context = null;
  output = null;
  ready = null;

  constructor(newContext, onChange) {
    this.#newContext = newContext ?? (() => new AudioContext({ latencyHint: "interactive" }));
    this.#onChange = onChange;
  }

  get running() {
    return this.context?.state === "running";
  }

  /** Have a running context with its worklets, as far as the browser allows. */
  async wake() {
    if (!globalThis.AudioContext || !globalThis.AudioWorkletNode) throw new VoiceError("no_audio");
    if (!this.context) {
      const context = this.#newContext();
      this.context = context;
      this.output = new GainNode(context);
      this.output.connect(context.destination);
      this.ready = Promise.all([context.audioWorklet.addModule(CAPTURE), context.audioWorklet.addModule(PLAYER)]);
      context.addEventListener("statechange", this.#onChange);
    }
    await this.ready;
    await this.resume();
    this.#onChange();
  }

  async resume() {
    if (!this.context || this.running) return;
    const resumed = this.context.resume().catch(() => {});
    await Promise.race([resumed, new Promise((done) => setTimeout(done, RESUME_MS))]);
  }

  close() {
    this.context?.close();
  }
}
