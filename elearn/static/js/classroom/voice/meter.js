/** A voice level from 0 to 1 for the eye: loudness in decibels, quick to rise and slow to fall. */

const FLOOR_DB = -60;
const CEILING_DB = -6;
const FALL = 0.85; // every 20 ms
const FALL_SAMPLES = 960;

export class Meter {
  level = 0;

  /** Take the next samples, of 48 kHz or near it. */
  push(samples) {
    const db = loudness(samples);
    const now = Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
    this.level = Math.max(now, this.level * FALL ** (samples.length / FALL_SAMPLES));
    if (this.level < 0.005) this.level = 0;
    return this.level;
  }

  reset() {
    this.level = 0;
  }
}

/** Root mean square in dBFS; -Infinity for digital silence. */
export function loudness(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] * samples[i];
  return samples.length ? 10 * Math.log10(sum / samples.length) : -Infinity;
}

export function peak(samples) {
  let highest = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const size = Math.abs(samples[i]);
    if (size > highest) highest = size;
  }
  return highest;
}
