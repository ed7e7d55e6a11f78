/**
 * The frame packet of /audio, big-endian:
 *   u8 version (high four bits) and flags (low four) | u8 stream | u16 sequence | u32 timestamp in samples
 *   then 1 to 5 times: u16 length | that many bytes (one codec frame each)
 */

export const VERSION = 1;
export const MAX_FRAMES = 5;
export const MAX_FRAME_BYTES = 1500;
const HEADER_BYTES = 8;
const LENGTH_BYTES = 2;

/** Build one packet; `sequence` and `timestamp` wrap around by themselves. */
export function encodePacket({ stream, sequence, timestamp, frames, flags = 0 }) {
  if (frames.length < 1 || frames.length > MAX_FRAMES) {
    throw new RangeError(`A packet carries 1 to ${MAX_FRAMES} frames, not ${frames.length}`);
  }
  if (!Number.isInteger(stream) || stream < 0 || stream > 255) throw new RangeError(`No such stream: ${stream}`);
  let size = HEADER_BYTES;
  for (const frame of frames) {
    if (frame.byteLength < 1 || frame.byteLength > MAX_FRAME_BYTES) {
      throw new RangeError(`A frame has 1 to ${MAX_FRAME_BYTES} bytes, not ${frame.byteLength}`);
    }
    size += LENGTH_BYTES + frame.byteLength;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 4) | (flags & 0x0f));
  view.setUint8(1, stream);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, timestamp >>> 0);
  let at = HEADER_BYTES;
  for (const frame of frames) {
    view.setUint16(at, frame.byteLength);
    bytes.set(frame, at + LENGTH_BYTES);
    at += LENGTH_BYTES + frame.byteLength;
  }
  return bytes.buffer;
}

/** Read one packet from an ArrayBuffer or a typed array; null when a single byte of its shape is wrong. */
export function decodePacket(data) {
  const bytes = asBytes(data);
  if (!bytes || bytes.byteLength < HEADER_BYTES + LENGTH_BYTES + 1) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) >> 4 !== VERSION) return null;
  const frames = [];
  let at = HEADER_BYTES;
  while (at < bytes.byteLength) {
    if (frames.length === MAX_FRAMES || at + LENGTH_BYTES > bytes.byteLength) return null;
    const length = view.getUint16(at);
    at += LENGTH_BYTES;
    if (length < 1 || length > MAX_FRAME_BYTES || at + length > bytes.byteLength) return null;
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return {
    flags: view.getUint8(0) & 0x0f,
    stream: view.getUint8(1),
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    frames,
  };
}

/** How far `to` lies after `from` on a counter that wraps at 2^bits: negative when it lies before. */
export function distance(from, to, bits) {
  const size = 2 ** bits;
  const forward = (((to - from) % size) + size) % size;
  return forward >= size / 2 ? forward - size : forward;
}

/** Turn a counter that wraps at 2^bits into one that goes on. */
export class Unwrapper {
  #bits;
  #last = null;

  constructor(bits) {
    this.#bits = bits;
  }

  next(value) {
    this.#last = this.#last === null ? value : this.#last + distance(this.#last, value, this.#bits);
    return this.#last;
  }
}

/** Watch the sequence numbers of one stream: say what came twice, count what never came. */
export class SequenceWatch {
  #unwrap = new Unwrapper(16);
  #highest = null;
  #recent = new Set();
  lost = 0;

  /** True for a packet that was not there before. */
  accept(sequence) {
    const number = this.#unwrap.next(sequence);
    if (this.#recent.has(number)) return false;
    this.#recent.add(number);
    if (this.#recent.size > 64) this.#recent.delete(this.#recent.values().next().value);
    if (this.#highest === null || number > this.#highest) {
      this.lost += this.#highest === null ? 0 : number - this.#highest - 1;
      this.#highest = number;
    } else if (this.lost > 0) {
      this.lost -= 1; // it was counted as lost, and comes late
    }
    return true;
  }
}

function asBytes(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return null;
}
