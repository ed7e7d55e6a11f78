"""A room of voices inside one page: people with links to a server that passes on what they send."""

from typing import Any

from module_page import ModulePage

# What one voice sends comes to the others as another person's stream. A link can be cut, slowed and refused.
ROOM = """
const {default: Voice} = await import("/js/classroom/voice.js");
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const until = async (ready, ms = 8000) => {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(20)) if (ready()) return;
  throw new Error(`Never became true: ${ready}`);
};
class Server {
  constructor() { this.links = []; this.streams = new Map(); this.frames = []; this.calls = []; this.nextStream = 0; }
  link(user) { const link = new Link(this, user); this.links.push(link); return link; }
  answer(link, event, payload) {
    this.calls.push([link.user, event, payload]);
    if (event === "start") {
      if (this.streams.has(link.user)) throw Object.assign(new Error("twice"), {code: "speaking"});
      const stream = this.nextStream++ % 256;
      const {codec, rate} = payload;
      this.streams.set(link.user, {stream, user: link.user, codec, rate});
      this.tell("started", {room: payload.room, ...this.streams.get(link.user)});
      return {ok: true, stream};
    }
    if (event === "stop") this.end(link.user);
    if (event === "listen") {
      link.listens = payload.on;
      return {ok: true, streams: [...this.streams.values()]};
    }
    return {ok: true};
  }
  end(user) {
    const {stream} = this.streams.get(user) ?? {};
    this.streams.delete(user);
    if (stream !== undefined) this.tell("stopped", {room: "r1", stream});
  }
  tell(event, payload) { for (const link of this.links) link.receive(event, payload); }
  relay(from, packet) {
    this.frames.push({user: from.user, at: performance.now(), packet});
    for (const link of this.links) if (link.listens) link.receive("frame", packet.slice(0));
  }
}
class Link {
  constructor(server, user) {
    Object.assign(this, {server, user, connected: true, listens: false, bufferedAmount: 0, handlers: {}, watchers: []});
  }
  async emit(event, payload) {
    if (!this.connected) throw Object.assign(new Error("offline"), {code: "offline"});
    await sleep(1);
    if (this.refuse?.[event]) throw Object.assign(new Error("refused"), {code: this.refuse[event]});
    return this.server.answer(this, event, payload);
  }
  sendBinary(event, packet) {
    if (!this.connected) throw new Error("A frame was sent into a closed socket");
    setTimeout(() => this.server.relay(this, packet), 2);
  }
  on(event, handler) {
    (this.handlers[event] ??= new Set()).add(handler);
    return () => this.handlers[event].delete(handler);
  }
  onState(handler) { this.watchers.push(handler); return () => {}; }
  receive(event, payload) { if (this.connected) for (const handler of this.handlers[event] ?? []) handler(payload); }
  set(connected) {
    this.connected = connected;
    if (!connected) {
      this.listens = false;
      this.server.end(this.user);
    }
    for (const watcher of this.watchers) watcher(connected ? "connected" : "disconnected");
  }
}
const server = new Server();
const person = (user, options = {}) => {
  const seen = [];
  const link = server.link(user);
  const voice = new Voice({link, room: "r1", me: {id: user}, onState: (state) => seen.push(state)}, options);
  return {user, link, voice, seen, get state() { return voice.state; }};
};
const analyse = async (voice, ms) => {
  const analyser = new AnalyserNode(voice.context, {fftSize: 16384, smoothingTimeConstant: 0});
  voice.output.connect(analyser);
  await sleep(ms);
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const highest = bins.reduce((best, value, bin) => (value > bins[best] ? bin : best), 0);
  voice.output.disconnect(analyser);
  return {hertz: highest * voice.context.sampleRate / analyser.fftSize, decibels: bins[highest]};
};
// The tone is steady, which noise suppression takes for noise.
const TONE = {processing: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}};
const {PCM16, OPUS} = await import("/js/classroom/voice/codec.js");
"""

# Ada speaks and Ben hears her; the test sets `options` before.
LESSON = """
const ada = person("ada", {...TONE, ...options});
const ben = person("ben", options);
await ada.voice.joined();
await ben.voice.joined();
await ben.voice.listen(true);
const spoke = await ada.voice.speak();
const hearing = () => ben.state.streams.some((stream) => stream.level > 0.3);
await until(hearing);
"""


def in_room(page: ModulePage, code: str, arg: Any = None) -> Any:
    """Run the body of a test inside the room."""
    return page.run(ROOM + code, arg)


def in_lesson(page: ModulePage, code: str, arg: Any = None, options: str = "{}") -> Any:
    """The same once Ben hears Ada."""
    return in_room(page, f"const options = {options};" + LESSON + code, arg)
