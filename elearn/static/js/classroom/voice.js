/**
 * The voice of the live room: what a person wants (to speak, to listen), kept true through reconnects, lost devices and
 * the browser's rules about sound. REALTIME contract: namespace /audio. Reads no data attributes; the room page owns the
 * buttons and shows what `onState` reports.
 */
import { OPUS, canHear, createEncoder, sendingFormat } from "./voice/codec.js";
import { Gate } from "./voice/gate.js";
import { Meter, peak } from "./voice/meter.js";
import { Microphone } from "./voice/microphone.js";
import { decodePacket } from "./voice/packets.js";
import { problem, problemOf } from "./voice/problems.js";
import { Sound } from "./voice/sound.js";
import { Speaker } from "./voice/speaker.js";
import { Uplink } from "./voice/uplink.js";

const LEVEL_MS = 90;
const NOTHING_FRAMES = 250; // 5 s
const NOTHING_PEAK = 0.0015;

export class Voice {
  #link;
  #room;
  #me;
  #onState;
  #sound;
  #processing;
  #forcedFormat;
  #unsubscribe;
  #inRoom = false;
  #session = 0; // counts joins: what began in an earlier one is void
  #turn = 0; // counts presses of speak and mute: the last one decides
  #maySpeak = true;
  #wants = { speak: false, listen: false };
  #problems = { speak: null, listen: null };
  #microphone = null;
  #format = OPUS;
  #starting = Promise.resolve();
  #sending = null; // {stream, uplink, encoder, gate} while a stream of ours is open
  #meter = new Meter();
  #quietFrames = 0;
  #streams = new Map();
  #lastLevel = 0;

  /**
   * `options`: `createContext()` for another AudioContext, `processing` for other microphone constraints (a music lesson
   * wants no noise suppression), `format` to send in another format than the best that this browser can.
   */
  constructor({ link, room, me, onState = () => {} }, options = {}) {
    this.#link = link;
    this.#room = room;
    this.#me = me?.id ?? me;
    this.#onState = onState;
    this.#sound = new Sound(options.createContext, () => this.#soundChanged());
    this.#processing = options.processing;
    this.#forcedFormat = options.format;
    this.#unsubscribe = [
      link.on("started", (event) => this.#started(event)),
      link.on("stopped", (event) => this.#stopped(event)),
      link.on("frame", (data) => this.#received(data)),
      link.on("closed", (event) => this.#closed(event)),
      link.onState(() => this.#connectionChanged()),
    ];
    document.addEventListener("visibilitychange", this.#pageShown);
  }

  /** The mixed sound of all streams, and its context: null before the first `listen(true)` or `speak()`. */
  get output() {
    return this.#sound.output;
  }

  get context() {
    return this.#sound.context;
  }

  get state() {
    const streams = [...this.#streams.values()];
    const heard = Math.max(0, ...streams.map(({ speaker }) => speaker?.level ?? 0));
    return {
      speaking: this.#sending !== null,
      listening: this.#wants.listen && this.#sound.running,
      level: this.#sending ? this.#meter.level : heard,
      streams: streams.map(({ stream, user, speaker }) => ({ stream, user, level: speaker?.level ?? 0 })),
      problem: this.#problems.speak ?? this.#problems.listen,
    };
  }

  /** Numbers for measuring: per stream what its buffer did, and what was sent. */
  get stats() {
    const streams = [...this.#streams.values()].map(({ stream, speaker }) => ({ stream, ...speaker?.stats }));
    return { streams, sent: this.#sending ? { ...this.#sending.uplink.stats } : null };
  }

  /** Open the microphone and send; resolves to whether that is so. What went wrong stands in the state. */
  async speak() {
    if (this.#wants.speak) return this.#sending !== null;
    if (!this.#maySpeak) {
      this.#report("speak", problem("no_right"));
      return false;
    }
    this.#wants.speak = true;
    this.#turn += 1;
    const turn = this.#turn;
    this.#report("speak", null);
    try {
      await this.#sound.wake();
      this.#format = this.#forcedFormat ?? (await sendingFormat());
      if (turn !== this.#turn) return false;
      const microphone = await Microphone.open({
        context: this.#sound.context,
        format: this.#format,
        processing: this.#processing,
        onFrame: (frame) => this.#captured(frame),
        onLost: () => this.#giveUp("microphone_lost"),
      });
      if (turn !== this.#turn) {
        microphone.close();
        return false;
      }
      this.#microphone = microphone;
      await this.#startStream();
    } catch (error) {
      if (turn === this.#turn) this.#giveUp(problemOf(error, "start_failed").code);
    }
    return this.#sending !== null;
  }

  /** Close the microphone and tell the room. */
  mute() {
    this.#turn += 1;
    const started = this.#sending !== null;
    this.#wants.speak = false;
    this.#stopSending();
    this.#microphone?.close();
    this.#microphone = null;
    this.#meter.reset();
    this.#report("speak", null);
    if (started) this.#sendStop();
  }

  /** Play what others say, or stop it; call it from a click, because browsers block sound before one. */
  async listen(on) {
    this.#wants.listen = on;
    if (!on) {
      for (const entry of this.#streams.values()) this.#silence(entry);
      this.#report("listen", null);
      if (this.#inRoom) await this.#link.emit("listen", { room: this.#room, on: false }).catch(() => {});
      return;
    }
    try {
      await this.#sound.wake();
      await this.#announceListening();
    } catch (error) {
      if (this.#wants.listen && this.#link.connected) this.#report("listen", problemOf(error, "listen_failed"));
    }
    this.#changed();
  }

  /** The room was joined, for the first time or again after a lost connection. */
  async joined() {
    this.#inRoom = true;
    this.#session += 1;
    this.#forgetStreams();
    this.#stopSending();
    try {
      if (this.#wants.listen && this.#sound.context) await this.#announceListening();
    } catch (error) {
      if (this.#link.connected) this.#report("listen", problemOf(error, "listen_failed"));
    }
    try {
      await this.#startStream();
    } catch (error) {
      if (this.#link.connected) this.#giveUp(problemOf(error, "start_failed").code);
    }
    this.#changed();
  }

  /** What this person may do now; who may no longer speak is muted at once. */
  setRights({ speak }) {
    const lost = this.#maySpeak && !speak;
    this.#maySpeak = Boolean(speak);
    if (lost && this.#wants.speak) this.#giveUp("no_right");
    else if (speak && this.#problems.speak?.code === "no_right") this.#report("speak", null);
  }

  close() {
    this.mute();
    this.#wants.listen = false;
    this.#forgetStreams();
    this.#inRoom = false;
    for (const stop of this.#unsubscribe) stop?.();
    document.removeEventListener("visibilitychange", this.#pageShown);
    this.#onState = () => {};
    this.#sound.close();
  }

  // ---- sending ----

  /** One after the other: the server takes one voice for each connection. */
  #startStream() {
    this.#starting = this.#starting.catch(() => {}).then(() => this.#start());
    return this.#starting;
  }

  async #start() {
    if (!this.#inRoom || !this.#microphone || this.#sending || !this.#link.connected) return;
    const session = this.#session;
    const turn = this.#turn;
    const { codec, rate, frame, frame_ms } = this.#format;
    const stream = await this.#requestStream({ room: this.#room, codec, rate, frame_ms });
    if (session !== this.#session) return;
    if (turn !== this.#turn) {
      this.#sendStop();
      return;
    }
    const uplink = new Uplink({ link: this.#link, stream, frame });
    const encoder = createEncoder(
      this.#format,
      (bytes, timestamp) => uplink.add(bytes, timestamp),
      () => this.#giveUp("start_failed"),
    );
    this.#sending = { stream, uplink, encoder, gate: new Gate() };
    this.#quietFrames = 0;
    this.#changed();
  }

  async #requestStream(wanted) {
    try {
      return (await this.#link.emit("start", wanted)).stream;
    } catch (error) {
      if (error.code !== "speaking") throw error;
      // An earlier answer was lost on the way: the server holds a voice that nobody here knows.
      await this.#link.emit("stop", { room: this.#room });
      return (await this.#link.emit("start", wanted)).stream;
    }
  }

  #captured(frame) {
    const { samples, timestamp } = frame;
    this.#meter.push(samples);
    this.#watchForSilence(samples);
    if (this.#sending && this.#link.connected) {
      const { uplink, encoder, gate } = this.#sending;
      for (const { samples: worthSending, timestamp: at } of gate.pass(frame)) encoder.encode(worthSending, at);
      uplink.pass(timestamp);
    }
    this.#levelChanged();
  }

  #watchForSilence(samples) {
    this.#quietFrames = peak(samples) < NOTHING_PEAK ? this.#quietFrames + 1 : 0;
    const told = this.#problems.speak?.code === "nothing_heard";
    if (this.#quietFrames === NOTHING_FRAMES && this.#sending) this.#report("speak", problem("nothing_heard"));
    else if (this.#quietFrames === 0 && told) this.#report("speak", null);
  }

  #stopSending() {
    this.#sending?.uplink.flush();
    this.#sending?.encoder.close();
    this.#sending = null;
  }

  #sendStop() {
    if (this.#inRoom && this.#link.connected) this.#link.emit("stop", { room: this.#room }).catch(() => {});
  }

  #giveUp(code) {
    this.mute();
    this.#report("speak", problem(code));
  }

  // ---- listening ----

  async #announceListening() {
    if (!this.#inRoom || !this.#link.connected) return;
    const session = this.#session;
    const { streams } = await this.#link.emit("listen", { room: this.#room, on: true });
    if (session !== this.#session || !this.#wants.listen) return;
    for (const stream of streams) {
      if (!this.#streams.get(stream.stream)?.speaker) this.#open(stream);
    }
  }

  #started(event) {
    if (event.room === this.#room) this.#open(event);
  }

  /** Know a stream, and play it when sound is wanted; a number that is used again begins anew. */
  async #open({ stream, user, codec, rate }) {
    if (user === this.#me) return;
    this.#streams.get(stream)?.speaker?.close();
    const entry = { stream, user, codec, rate, speaker: null };
    this.#streams.set(stream, entry);
    this.#changed();
    if (!this.#wants.listen || !this.#sound.context) return;
    if (!(await canHear(entry))) {
      this.#report("listen", problem("cannot_hear"));
      return;
    }
    await this.#sound.ready;
    if (this.#streams.get(stream) !== entry || !this.#wants.listen || entry.speaker) return;
    entry.speaker = new Speaker({
      context: this.#sound.context,
      output: this.#sound.output,
      codec,
      rate,
      onReport: () => this.#levelChanged(),
    });
    this.#changed();
  }

  #stopped({ room, stream }) {
    if (room !== this.#room) return;
    if (this.#sending?.stream === stream) this.#giveUp("voice_stopped");
    this.#streams.get(stream)?.speaker?.finish();
    this.#streams.delete(stream);
    if (this.#problems.listen?.code === "cannot_hear" && this.#streams.size === 0) this.#report("listen", null);
    this.#changed();
  }

  /** The room has sent this person out, or is over: the page says why. */
  #closed({ room }) {
    if (room !== this.#room) return;
    this.#inRoom = false;
    this.#session += 1;
    this.mute();
    this.#forgetStreams();
    this.#changed();
  }

  #received(data) {
    // While the browser blocks sound nothing is kept for later: later is too late.
    if (!this.#wants.listen || !this.#sound.running) return;
    const packet = decodePacket(data);
    if (packet) this.#streams.get(packet.stream)?.speaker?.receive(packet);
  }

  #silence(entry) {
    entry.speaker?.close();
    entry.speaker = null;
  }

  #forgetStreams() {
    for (const entry of this.#streams.values()) this.#silence(entry);
    this.#streams.clear();
  }

  // ---- the browser and the connection ----

  #soundChanged() {
    const blocked = this.#wants.listen && !this.#sound.running;
    const code = this.#problems.listen?.code;
    if (blocked) this.#report("listen", problem("sound_blocked"));
    else if (code === "sound_blocked" || code === "listen_failed") this.#report("listen", null);
    else this.#changed();
  }

  #pageShown = () => {
    const wanted = this.#wants.listen || this.#wants.speak;
    if (document.visibilityState === "visible" && wanted) this.#sound.resume();
  };

  #connectionChanged() {
    if (this.#link.connected) return; // `joined` comes when the room is entered again
    this.#inRoom = false;
    this.#session += 1;
    this.#stopSending();
    this.#forgetStreams();
    this.#changed();
  }

  // ---- telling the page ----

  #report(area, found) {
    this.#problems[area] = found;
    this.#changed();
  }

  #levelChanged() {
    if (performance.now() - this.#lastLevel >= LEVEL_MS) this.#changed();
  }

  #changed() {
    this.#lastLevel = performance.now();
    this.#onState(this.state);
  }
}

export default Voice;
