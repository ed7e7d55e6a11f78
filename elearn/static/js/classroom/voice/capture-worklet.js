/** Cut the microphone's sound into frames of the codec's rate and length, on the audio thread. */
import { Resampler } from "./resampler.js";

class Capture extends AudioWorkletProcessor {
  #frame;
  #filled = 0;
  #resampler;
  #timestamp = 0;
  #silence = new Float32Array(128);
  #open = true;

  constructor({ processorOptions: { rate, frame } }) {
    super();
    this.#frame = new Float32Array(frame);
    this.#resampler = new Resampler(sampleRate, rate);
    this.port.onmessage = () => {
      this.#open = false;
    };
  }

  process([input]) {
    // Without a device there is no channel at all; the clock of the stream must go on.
    let samples = this.#resampler.process(input[0] ?? this.#silence);
    while (samples.length > 0) {
      const taken = Math.min(samples.length, this.#frame.length - this.#filled);
      this.#frame.set(samples.subarray(0, taken), this.#filled);
      this.#filled += taken;
      samples = samples.subarray(taken);
      if (this.#filled === this.#frame.length) this.#send();
    }
    return this.#open;
  }

  #send() {
    const samples = this.#frame;
    this.#frame = new Float32Array(samples.length);
    this.#filled = 0;
    const timestamp = this.#timestamp;
    this.#timestamp += samples.length; // before it is handed over: then it is empty here
    this.port.postMessage({ samples, timestamp }, [samples.buffer]);
  }
}

registerProcessor("voice-capture", Capture);
