/** From encoded frames to the socket: bundles of 60 ms, numbered, and never more waiting than a slow line can carry. */
import { encodePacket } from "./packets.js";

const BUNDLE = 3;
const MAX_WAITING = 5; // packets, 300 ms: older speech is worth nothing to a listener
const SOCKET_PACKETS = 6; // how much may wait in the socket itself
const SOCKET_BYTES = 4096;

export class Uplink {
  #link;
  #stream;
  #frame;
  #bundle = [];
  #bundleStart = 0;
  #sequence;
  #waiting = [];
  stats = { packets: 0, bytes: 0, dropped: 0 };

  /** `frame` is the length of one frame in samples of the stream's clock. */
  constructor({ link, stream, frame, sequence = 0 }) {
    this.#link = link;
    this.#stream = stream;
    this.#frame = frame;
    this.#sequence = sequence;
  }

  /** Send one encoded frame; frames of one packet follow each other without a gap. */
  add(bytes, timestamp) {
    if (this.#bundle.length > 0 && timestamp !== this.#bundleStart + this.#bundle.length * this.#frame) this.flush();
    if (this.#bundle.length === 0) this.#bundleStart = timestamp;
    this.#bundle.push(bytes);
    if (this.#bundle.length === BUNDLE) this.flush();
  }

  /** Time has come to `timestamp` without a frame worth sending: what began a bundle must not wait for more. */
  pass(timestamp) {
    if (this.#bundle.length > 0 && timestamp - this.#bundleStart >= BUNDLE * this.#frame) this.flush();
  }

  flush() {
    if (this.#bundle.length === 0) return;
    const packet = encodePacket({
      stream: this.#stream,
      sequence: this.#sequence,
      timestamp: this.#bundleStart,
      frames: this.#bundle.splice(0),
    });
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#waiting.push(packet);
    this.#drain(Math.max(SOCKET_BYTES, SOCKET_PACKETS * packet.byteLength));
  }

  #drain(limit) {
    while (this.#waiting.length > 0 && this.#link.connected && (this.#link.bufferedAmount ?? 0) < limit) {
      const packet = this.#waiting.shift();
      this.#link.sendBinary("frame", packet);
      this.stats.packets += 1;
      this.stats.bytes += packet.byteLength;
    }
    const allowed = this.#link.connected ? MAX_WAITING : 0;
    while (this.#waiting.length > allowed) {
      this.#waiting.shift();
      this.stats.dropped += 1;
    }
  }
}
