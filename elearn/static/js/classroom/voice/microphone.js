/** One open microphone: its device, its capture worklet, and what happens when somebody pulls the plug. */
import { VoiceError } from "./problems.js";

const PROCESSED = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

export class Microphone {
  #context;
  #processing;
  #onLost;
  #node;
  #stream = null;
  #source = null;
  #closed = false;

  /** Ask for the microphone; `onFrame({samples, timestamp})` gets one frame of the format every 20 ms. */
  static async open({ context, format, processing, onFrame, onLost }) {
    const microphone = new Microphone({ context, format, processing, onFrame, onLost });
    try {
      await microphone.#connect();
    } catch (error) {
      microphone.close();
      throw error;
    }
    return microphone;
  }

  constructor({ context, format, processing = PROCESSED, onFrame, onLost }) {
    this.#context = context;
    this.#processing = processing;
    this.#onLost = onLost;
    this.#node = new AudioWorkletNode(context, "voice-capture", {
      channelCount: 1,
      channelCountMode: "explicit",
      outputChannelCount: [1],
      processorOptions: { rate: format.rate, frame: format.frame },
    });
    this.#node.port.onmessage = ({ data }) => {
      if (!this.#closed) onFrame(data);
    };
    // Its output is silent; a node that leads nowhere is not run by every browser.
    this.#node.connect(context.destination);
  }

  close() {
    this.#closed = true;
    this.#release();
    this.#node.port.postMessage("end");
    this.#node.disconnect();
  }

  async #connect() {
    if (!navigator.mediaDevices?.getUserMedia) throw new VoiceError("insecure_page");
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: { ideal: 1 }, ...this.#processing },
    });
    const [track] = stream.getAudioTracks();
    if (this.#closed) {
      track.stop();
      return;
    }
    this.#stream = stream;
    track.addEventListener("ended", () => this.#replace(), { once: true });
    this.#source = this.#context.createMediaStreamSource(stream);
    this.#source.connect(this.#node);
  }

  /** The device went away: go on with the one that the browser offers now, or say that there is none. */
  async #replace() {
    this.#release();
    try {
      await this.#connect();
    } catch {
      if (!this.#closed) this.#onLost();
    }
  }

  #release() {
    this.#source?.disconnect();
    this.#source = null;
    for (const track of this.#stream?.getTracks() ?? []) track.stop(); // does not fire `ended`
    this.#stream = null;
  }
}
