/** Play one stream out of its jitter buffer, on the audio thread, and tell ten times a second how it goes. */
import { JitterBuffer } from "./jitter.js";
import { Meter } from "./meter.js";

const RATE = 48000;

class Player extends AudioWorkletProcessor {
  #buffer = new JitterBuffer({ rate: RATE, outputRate: sampleRate });
  #meter = new Meter();
  #untilReport = 0;
  #ending = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data === "end") this.#ending = true;
      else this.#buffer.push(data.timestamp, data.samples, currentTime);
    };
  }

  process(_inputs, [[output]]) {
    this.#buffer.pull(output);
    this.#meter.push(output);
    this.#untilReport -= output.length;
    if (this.#untilReport <= 0) {
      this.#untilReport = sampleRate / 10;
      const { target, delay, stats } = this.#buffer;
      this.port.postMessage({ level: this.#meter.level, target, delay, ...stats });
    }
    if (this.#ending && !this.#buffer.waiting) {
      this.port.postMessage("ended");
      return false;
    }
    return true;
  }
}

registerProcessor("voice-player", Player);
