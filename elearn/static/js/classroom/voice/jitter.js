/**
 * The adaptive buffer between arrival and loudspeaker: pure logic, no clock and no audio interface of its own.
 *
 * A timeline in samples of the speaker's clock, a ring of sound on it, and a playhead. Sound is placed where its timestamp
 * says, so order of arrival does not matter. Silence is never stored: wherever nothing lies on the timeline, the playhead
 * may jump ahead or wait without anybody hearing it. That is where the delay is corrected first; while somebody talks on,
 * the speed changes by 1.5 % at most; and when the playhead is far behind, it jumps to live.
 */
import { peak } from "./meter.js";

const RING = 2 ** 17; // 2.7 s at 48 kHz; never more than MAX_DELAY + FAR_BEHIND is in use
export const MIN_DELAY = 0.08;
export const MAX_DELAY = 0.6;
const MARGIN = 0.02; // the granularity of threads and of the sound card
const CALM = 0.012; // seconds per second by which the delay shrinks again once arrivals are regular
const TOLERANCE = 0.015;
const FAR_BEHIND = 0.4;
const SETTLING = 0.1; // seconds after a jump
const MAX_BEND = 0.015;
const BEND_PER_SECOND = 0.15;
const SILENT_PEAK = 0.002; // -54 dBFS
const RESTART = 2; // a timestamp this much older than the last belongs to a new timeline
const FADE_OUT = 0.01;
const FADE_IN = 0.003;

export class JitterBuffer {
  #rate;
  #outputRate;
  #ring = new Float32Array(RING);
  #pieces = []; // stored sound: {start, end}, in order, without overlap
  #arrivals = new Arrivals();
  #playhead = null;
  #played = -Infinity; // sound before this place was heard or given up
  #newest = -Infinity;
  #error = 0; // seconds by which the playhead lies too far behind
  #jumpedAt = -Infinity;
  #gain = 0;
  #sounding = false;
  #history;
  #tail;
  #tailAt;
  stats = { frames: 0, late: 0, doubled: 0, underruns: 0, jumps: 0 };

  constructor({ rate = 48000, outputRate = rate } = {}) {
    this.#rate = rate;
    this.#outputRate = outputRate;
    const length = Math.round(FADE_OUT * outputRate);
    this.#history = new Float32Array(length);
    this.#tail = new Float32Array(length);
    this.#tailAt = length;
  }

  /** The delay aimed at, in seconds, from the arrival of a frame in time to its end being heard. */
  get target() {
    return this.#arrivals.target;
  }

  /** The delay as it is. */
  get delay() {
    return this.#arrivals.target + this.#error;
  }

  /** True while there is sound to play. */
  get waiting() {
    return this.#pieces.length > 0;
  }

  /** Take one decoded frame that begins at `start` (unwrapped samples) and arrived at `now` (seconds of the listener). */
  push(start, samples, now) {
    const end = start + samples.length;
    if (end < this.#newest - RESTART * this.#rate) this.#restart();
    this.#newest = Math.max(this.#newest, end);
    this.stats.frames += 1;
    const lateness = this.#arrivals.observe(end / this.#rate, samples.length / this.#rate, now);
    if (peak(samples) < SILENT_PEAK) return;
    if (start < this.#played || (this.waiting && start < this.#playhead)) {
      this.stats.late += 1;
      return;
    }
    if (this.#pieces.some((piece) => start < piece.end && end > piece.start)) {
      this.stats.doubled += 1;
      return;
    }
    this.#place(start, end, lateness, now);
    this.#store(start, samples);
  }

  /** Fill `output` with the next samples for the loudspeaker. */
  pull(output) {
    output.fill(0);
    const tailFrom = this.#tailAt < this.#tail.length ? 0 : output.length;
    let mixFrom = tailFrom;
    let at = 0;
    while (at < output.length && this.#pieces.length > 0) {
      const piece = this.#pieces[0];
      if (this.#playhead < piece.start) {
        mixFrom = Math.min(mixFrom, this.#fallSilent(output, at));
        at = this.#rest(at, output.length, piece.start);
      } else {
        at = this.#play(output, at, piece);
      }
    }
    if (at < output.length) mixFrom = Math.min(mixFrom, this.#fallSilent(output, at));
    for (let i = mixFrom; i < output.length && this.#tailAt < this.#tail.length; i += 1, this.#tailAt += 1) {
      output[i] += this.#tail[this.#tailAt];
    }
    this.#remember(output);
  }

  /** Decide where the playhead belongs for a frame that is about to be stored. */
  #place(start, end, lateness, now) {
    const ideal = end - (this.target - lateness) * this.#rate;
    if (this.#pieces.length === 0) {
      // Nothing is waiting, so moving the playhead is inaudible: a talk begins, or the last frame came too late.
      if (start === this.#played) this.stats.underruns += 1;
      this.#playhead = Math.min(start, ideal);
    }
    this.#error = (end - this.#playhead) / this.#rate + lateness - this.target;
    // Once it had to jump it goes all the way: what arrives together after a stall is skipped together.
    const limit = now - this.#jumpedAt < SETTLING ? TOLERANCE : FAR_BEHIND;
    if (this.#error > limit && ideal > this.#playhead) {
      if (limit === FAR_BEHIND) {
        this.stats.jumps += 1;
        this.#jumpedAt = now;
      }
      this.#fallSilent(null, 0);
      this.#playhead = ideal;
      this.#played = Math.max(this.#played, Math.min(start, Math.ceil(ideal)));
      this.#error = 0;
      while (this.#pieces.length > 0 && this.#pieces[0].end <= ideal) this.#pieces.shift();
    }
  }

  #store(start, samples) {
    const end = start + samples.length;
    for (let i = 0; i < samples.length; i += 1) this.#ring[index(start + i)] = samples[i];
    let after = this.#pieces.findIndex((piece) => piece.start >= end);
    if (after < 0) after = this.#pieces.length;
    const previous = this.#pieces[after - 1];
    const next = this.#pieces[after];
    const joinsPrevious = previous?.end === start;
    const joinsNext = next?.start === end;
    // The interpolation looks one sample back and two ahead: at the edges it sees the mirror image, as the fade does.
    if (!joinsPrevious && start !== this.#played) this.#ring[index(start - 1)] = samples[0];
    if (!next || next.start >= end + 2) {
      this.#ring[index(end)] = samples[samples.length - 1];
      this.#ring[index(end + 1)] = samples[Math.max(0, samples.length - 2)];
    }
    if (joinsPrevious && joinsNext) {
      previous.end = next.end;
      this.#pieces.splice(after, 1);
    } else if (joinsPrevious) previous.end = end;
    else if (joinsNext) next.start = start;
    else this.#pieces.splice(after, 0, { start, end });
  }

  /** Pass over a place without sound: skip it, wait in it, or let it pass as it is, whatever mends the delay. */
  #rest(at, length, until) {
    if (this.#error > TOLERANCE) {
      const skipped = Math.min(until - this.#playhead, this.#error * this.#rate);
      this.#playhead += skipped;
      this.#error -= skipped / this.#rate;
      return at;
    }
    if (this.#error < -TOLERANCE) {
      const held = Math.min(length - at, Math.ceil(-this.#error * this.#outputRate));
      this.#error += held / this.#outputRate;
      return at + held;
    }
    const step = this.#rate / this.#outputRate;
    const count = Math.min(length - at, Math.ceil((until - this.#playhead) / step));
    this.#playhead = Math.min(until, this.#playhead + count * step);
    return at + count;
  }

  #play(output, from, piece) {
    const step = (this.#rate / this.#outputRate) * (1 + this.#bend());
    const rise = 1 / (FADE_IN * this.#outputRate);
    let at = from;
    while (at < output.length && this.#playhead < piece.end) {
      this.#gain = Math.min(1, this.#gain + rise);
      output[at] = this.#interpolate(this.#playhead) * this.#gain;
      this.#playhead += step;
      at += 1;
    }
    this.#sounding = true;
    this.#played = Math.min(piece.end, Math.ceil(this.#playhead));
    if (this.#playhead >= piece.end) {
      this.#pieces.shift();
      this.#playhead = piece.end;
    }
    return at;
  }

  #bend() {
    const beyond = Math.abs(this.#error) - TOLERANCE;
    if (beyond <= 0) return 0;
    return Math.sign(this.#error) * Math.min(MAX_BEND, beyond * BEND_PER_SECOND);
  }

  /** The sound between two samples: a cubic through the four around it. */
  #interpolate(position) {
    const whole = Math.floor(position);
    const t = position - whole;
    const b = this.#ring[index(whole)];
    if (t === 0) return b;
    const a = this.#ring[index(whole - 1)];
    const c = this.#ring[index(whole + 1)];
    const d = this.#ring[index(whole + 2)];
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }

  /** Sound stops here: let it ring out as its own mirror image, fading, so that it does not click. */
  #fallSilent(output, at) {
    if (!this.#sounding) return Infinity;
    this.#sounding = false;
    this.#gain = 0;
    const length = this.#tail.length;
    for (let k = 0; k < length; k += 1) {
      const back = at - 1 - k;
      const sample = back >= 0 ? output[back] : this.#history[Math.max(0, length + back)];
      this.#tail[k] = sample * (1 - k / length) ** 2;
    }
    this.#tailAt = 0;
    return at;
  }

  #remember(output) {
    const length = this.#history.length;
    if (output.length >= length) {
      this.#history.set(output.subarray(output.length - length));
      return;
    }
    this.#history.copyWithin(0, output.length);
    this.#history.set(output, length - output.length);
  }

  #restart() {
    this.#fallSilent(null, 0);
    this.#pieces = [];
    this.#arrivals = new Arrivals();
    this.#playhead = null;
    this.#played = -Infinity;
    this.#newest = -Infinity;
    this.#error = 0;
  }
}

/** Learn from arrivals how late frames come, measured against the earliest of the last 5 to 10 seconds. */
class Arrivals {
  #current = null;
  #previous = null;
  #since = 0;
  #worst = 0;
  #last = 0;
  target = MIN_DELAY;

  /** Return by how many seconds this frame, which ended at `end` on the speaker's clock, came late. */
  observe(end, length, now) {
    const travel = now - end;
    if (this.#current === null || travel - Math.min(this.#current, this.#previous) > 1) {
      // The first frame; or the connection stood still so long that no buffer could have helped: begin afresh.
      this.#current = travel;
      this.#previous = travel;
      this.#since = now;
      this.#last = now;
    }
    if (now - this.#since > 5) {
      this.#previous = this.#current;
      this.#current = travel;
      this.#since = now;
    }
    this.#current = Math.min(this.#current, travel);
    const lateness = travel - Math.min(this.#current, this.#previous);
    this.#worst = Math.min(MAX_DELAY, Math.max(lateness, this.#worst - CALM * (now - this.#last)));
    this.#last = now;
    this.target = Math.min(MAX_DELAY, Math.max(MIN_DELAY, length + this.#worst + MARGIN));
    return lateness;
  }
}

function index(position) {
  return position & (RING - 1);
}
