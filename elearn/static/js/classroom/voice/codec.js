/**
 * The two ways in which voice travels, both mono in frames of 20 ms:
 *   opus    48 kHz, about 24 kbit/s, by WebCodecs
 *   pcm16   16 kHz, signed 16-bit little-endian, 256 kbit/s: for browsers that cannot encode Opus
 * Decoders always deliver 48 kHz.
 */
import { Resampler } from "./resampler.js";

export const OPUS = Object.freeze({ codec: "opus", rate: 48000, frame: 960, frame_ms: 20 });
export const PCM16 = Object.freeze({ codec: "pcm16", rate: 16000, frame: 320, frame_ms: 20 });
export const PLAYER_RATE = 48000;

const ENCODER = {
  codec: "opus",
  sampleRate: OPUS.rate,
  numberOfChannels: 1,
  bitrate: 24000,
  opus: { frameDuration: 20000, application: "voip", signal: "voice", complexity: 5, usedtx: false },
};
const DECODER = { codec: "opus", sampleRate: OPUS.rate, numberOfChannels: 1 };
const MAX_QUEUE = 50; // one second of frames: whoever cannot keep up leaves some out

/** The best format in which this browser can send. */
export async function sendingFormat() {
  return (await supports(globalThis.AudioEncoder, ENCODER)) ? OPUS : PCM16;
}

/** Whether this browser can play a stream. */
export async function canHear({ codec, rate }) {
  if (codec === PCM16.codec) return PLAYER_RATE % rate === 0;
  return codec === OPUS.codec && supports(globalThis.AudioDecoder, DECODER);
}

async function supports(coder, config) {
  if (!coder) return false;
  try {
    return (await coder.isConfigSupported(config)).supported === true;
  } catch {
    return false;
  }
}

/** `onFrame(bytes, timestamp)` receives what `encode(samples, timestamp)` was given, in order. */
export function createEncoder(format, onFrame, onError) {
  return format.codec === OPUS.codec ? new OpusEncoder(onFrame, onError) : new PcmEncoder(onFrame);
}

/** `onSamples(samples, timestamp)` receives 48 kHz samples; timestamps are unwrapped samples of the stream's own rate. */
export function createDecoder({ codec, rate }, onSamples, onError) {
  return codec === OPUS.codec ? new OpusDecoder(onSamples, onError) : new PcmDecoder(rate, onSamples);
}

/** How many samples of its stream's clock a frame covers: Opus says it in its first bytes. */
export function frameLength(codec, bytes) {
  if (codec !== OPUS.codec) return bytes.byteLength >> 1;
  const config = bytes[0] >> 3;
  let milliseconds = [2.5, 5, 10, 20][config % 4];
  if (config < 12) milliseconds = [10, 20, 40, 60][config % 4];
  else if (config < 16) milliseconds = [10, 20][config % 2];
  const code = bytes[0] & 3;
  const parts = code === 0 ? 1 : code < 3 ? 2 : (bytes[1] ?? 0) & 0x3f;
  return Math.min(120, milliseconds * parts) * 48;
}

class OpusEncoder {
  #encoder;
  #timestamps = [];
  #count = 0;

  constructor(onFrame, onError) {
    this.#encoder = new AudioEncoder({
      output: (chunk) => {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        // One frame in, one frame out: the encoder's own timestamps only count frames.
        onFrame(bytes, this.#timestamps.shift());
      },
      error: onError,
    });
    this.#encoder.configure(ENCODER);
  }

  encode(samples, timestamp) {
    if (this.#encoder.state !== "configured" || this.#encoder.encodeQueueSize > MAX_QUEUE) return;
    this.#timestamps.push(timestamp);
    const data = new AudioData({
      format: "f32-planar",
      sampleRate: OPUS.rate,
      numberOfChannels: 1,
      numberOfFrames: samples.length,
      timestamp: this.#count * 20000,
      data: samples,
    });
    this.#count += 1;
    this.#encoder.encode(data);
    data.close();
  }

  close() {
    if (this.#encoder.state !== "closed") this.#encoder.close();
  }
}

class PcmEncoder {
  #onFrame;

  constructor(onFrame) {
    this.#onFrame = onFrame;
  }

  encode(samples, timestamp) {
    const bytes = new Uint8Array(samples.length * 2);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < samples.length; i += 1) {
      const value = Math.round(Math.max(-1, Math.min(1, samples[i])) * 32767);
      view.setInt16(i * 2, value, true);
    }
    this.#onFrame(bytes, timestamp);
  }

  close() {}
}

/**
 * Frames go in with timestamps that only count on, because Chromium invents timestamps of its own after a pause; what
 * comes out is matched with the time that its frame really had.
 */
class OpusDecoder {
  #onSamples;
  #onError;
  #decoder = null;
  #closed = false;
  #counted = 0; // samples
  #pending = []; // {counted, timestamp}

  constructor(onSamples, onError) {
    this.#onSamples = onSamples;
    this.#onError = onError;
  }

  decode(bytes, timestamp) {
    if (this.#closed) return;
    if (this.#decoder?.state !== "configured") this.#begin();
    if (this.#decoder.decodeQueueSize > MAX_QUEUE) return;
    const microseconds = toMicroseconds(this.#counted);
    this.#pending.push({ counted: this.#counted, timestamp });
    this.#counted += frameLength(OPUS.codec, bytes);
    this.#decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: microseconds, data: bytes }));
  }

  close() {
    this.#closed = true;
    if (this.#decoder?.state === "configured") this.#decoder.close();
  }

  /** A decoder that met a damaged frame is closed by the browser: the next frame gets a new one. */
  #begin() {
    this.#pending = [];
    this.#decoder = new AudioDecoder({
      output: (data) => {
        const samples = new Float32Array(data.numberOfFrames);
        data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        const timestamp = this.#match(data.timestamp);
        data.close();
        if (!this.#closed && timestamp !== null) this.#onSamples(samples, timestamp);
      },
      error: (error) => this.#onError(error),
    });
    this.#decoder.configure(DECODER);
  }

  /** The time of the frame that came out; frames before it that never came out are forgotten. */
  #match(microseconds) {
    const nearest = this.#pending.findIndex(({ counted }) => Math.abs(toMicroseconds(counted) - microseconds) < 1000);
    const [found] = this.#pending.splice(0, Math.max(0, nearest) + 1).slice(-1);
    return found?.timestamp ?? null;
  }
}

function toMicroseconds(samples) {
  return Math.round((samples / OPUS.rate) * 1e6);
}

class PcmDecoder {
  #onSamples;
  #scale;
  #resampler;
  #rate;
  #next = null;

  constructor(rate, onSamples) {
    this.#rate = rate;
    this.#scale = PLAYER_RATE / rate;
    this.#onSamples = onSamples;
  }

  decode(bytes, timestamp) {
    // After a pause the filter must not ring on with what was before it.
    if (this.#next !== timestamp) this.#resampler = new Resampler(this.#rate, PLAYER_RATE);
    const count = bytes.byteLength >> 1;
    this.#next = timestamp + count;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = new Float32Array(count);
    for (let i = 0; i < count; i += 1) samples[i] = view.getInt16(i * 2, true) / 32768;
    this.#onSamples(this.#resampler.process(samples), Math.round(timestamp * this.#scale));
  }

  close() {}
}
