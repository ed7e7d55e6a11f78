// Waits for the copy of one's own data; once it is there, or has failed, the page is loaded again and says so.
// Reads: [data-url] of its state, [data-trouble] inside.
import { watch } from "../lib/watch.js";

export default class Export {
  constructor(element) {
    watch(element, (found) => found.state === "waiting", { first: 1500, slowest: 15_000 });
  }
}
