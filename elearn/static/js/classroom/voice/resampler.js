/** Change the sample rate of a stream that comes in pieces: band-limited (windowed sinc), without clicks at the seams. */

const ZERO_CROSSINGS = 12;

export class Resampler {
  #up; // both rates divided by what they have in common: places are whole numbers of 1/#up sample, so nothing drifts
  #down;
  #half;
  #table;
  #history;
  #place;

  constructor(from, to) {
    const common = greatestCommonDivisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    // Going down, the filter must also remove what the lower rate cannot carry.
    const cutoff = Math.min(1, to / from) * 0.95;
    this.#half = Math.ceil(ZERO_CROSSINGS / cutoff);
    this.#table = this.#up === this.#down ? null : kernel(this.#half, cutoff, this.#up);
    this.#history = new Float32Array(2 * this.#half);
    this.#place = this.#half * this.#up;
  }

  /** Return what can be computed so far; the delay is half the filter, below 1 ms. */
  process(input) {
    if (!this.#table) return input;
    const data = new Float32Array(this.#history.length + input.length);
    data.set(this.#history);
    data.set(input, this.#history.length);
    const end = (data.length - this.#half) * this.#up;
    const output = new Float32Array(Math.max(0, Math.ceil((end - this.#place) / this.#down)));
    for (let i = 0; i < output.length; i += 1) {
      output[i] = this.#sampleAt(data, this.#place);
      this.#place += this.#down;
    }
    const keepFrom = Math.min(data.length, Math.floor(this.#place / this.#up) - this.#half);
    this.#history = data.slice(keepFrom);
    this.#place -= keepFrom * this.#up;
    return output;
  }

  #sampleAt(data, place) {
    const width = 2 * this.#half;
    const phase = place % this.#up;
    const first = (place - phase) / this.#up - this.#half + 1;
    const row = phase * width;
    let sum = 0;
    for (let tap = 0; tap < width; tap += 1) sum += data[first + tap] * this.#table[row + tap];
    return sum;
  }
}

/** One row of taps for each place between two samples; every row sums to 1. */
function kernel(half, cutoff, phases) {
  const width = 2 * half;
  const table = new Float32Array(phases * width);
  for (let phase = 0; phase < phases; phase += 1) {
    const row = table.subarray(phase * width, (phase + 1) * width);
    let sum = 0;
    for (let tap = 0; tap < width; tap += 1) {
      const x = tap - half + 1 - phase / phases;
      const window = Math.abs(x) < half ? Math.cos((Math.PI * x) / (2 * half)) ** 2 : 0;
      row[tap] = (x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x)) * window;
      sum += row[tap];
    }
    for (let tap = 0; tap < width; tap += 1) row[tap] /= sum;
  }
  return table;
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
