/**
 * Decide which frames are worth sending (discontinuous transmission), the same for every codec.
 *
 * The encoder's own DTX is not used: Chromium then leaves frames out and numbers the rest as if there had been no pause,
 * so that nobody could tell any more when a sound was made.
 */
import { loudness } from "./meter.js";

const ABOVE_FLOOR_DB = 8;
const LOWEST_FLOOR_DB = -68;
const HIGHEST_FLOOR_DB = -48; // steady sounds louder than -40 dBFS always pass
const FLOOR_RISE_DB = 0.02; // per frame: 1 dB in a second
const HANGOVER_FRAMES = 20; // 400 ms, so that the end of a word is not cut
const PREROLL_FRAMES = 2; // with the frame that opened it they fill one bundle, so they cost no delay

export class Gate {
  #floor = LOWEST_FLOOR_DB;
  #open = 0;
  #held = [];

  /** Take the next frame `{samples, timestamp}`; return the frames to send now, in order. */
  pass(frame) {
    const db = loudness(frame.samples);
    const rising = Math.min(db, this.#floor + FLOOR_RISE_DB);
    this.#floor = Math.min(HIGHEST_FLOOR_DB, Math.max(LOWEST_FLOOR_DB, rising));
    if (db > this.#floor + ABOVE_FLOOR_DB) this.#open = HANGOVER_FRAMES;
    else if (this.#open > 0) this.#open -= 1;
    if (this.#open === 0) {
      this.#held.push(frame);
      if (this.#held.length > PREROLL_FRAMES) this.#held.shift();
      return [];
    }
    return [...this.#held.splice(0), frame];
  }
}
