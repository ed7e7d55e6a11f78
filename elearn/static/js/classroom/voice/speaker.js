/** One stream that somebody else sends: packets in, sound out of a worklet node of its own. */
import { createDecoder, frameLength } from "./codec.js";
import { SequenceWatch, Unwrapper } from "./packets.js";

export class Speaker {
  #codec;
  #node;
  #decoder;
  #watch = new SequenceWatch();
  #time = new Unwrapper(32);
  level = 0;
  stats = {};

  constructor({ context, output, codec, rate, onReport }) {
    this.#codec = codec;
    this.#node = new AudioWorkletNode(context, "voice-player", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#node.connect(output);
    this.#node.port.onmessage = ({ data }) => {
      if (data === "ended") {
        this.#node.disconnect();
        return;
      }
      const { level, ...stats } = data;
      this.level = level;
      this.stats = { ...stats, lost: this.#watch.lost };
      onReport();
    };
    this.#decoder = createDecoder(
      { codec, rate },
      (samples, timestamp) => this.#node.port.postMessage({ samples, timestamp }, [samples.buffer]),
      () => {}, // one damaged frame: the decoder starts again with the next
    );
  }

  receive(packet) {
    if (!this.#watch.accept(packet.sequence)) return;
    let timestamp = this.#time.next(packet.timestamp);
    for (const frame of packet.frames) {
      this.#decoder.decode(frame, timestamp);
      timestamp += frameLength(this.#codec, frame);
    }
  }

  /** What is still waiting is played to its end. */
  finish() {
    this.#node.port.postMessage("end");
    this.#decoder.close();
  }

  /** Silence at once. */
  close() {
    this.#node.disconnect();
    this.finish();
  }
}
