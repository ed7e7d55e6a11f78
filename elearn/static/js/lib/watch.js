// Asks after work that goes on in the background until it is over; slower while the line is bad.
import { get } from "./http.js";

/**
 * Ask the address in [data-url] again and again, as long as the element stands on the page.
 * `see(found)` returns true while there is something to wait for, and otherwise the page is loaded again.
 * What is in the way is told in [data-trouble]. `first` and `slowest` are the pauses in milliseconds.
 */
export async function watch(element, see, { first = 1000, slowest = 10_000 } = {}) {
  const trouble = element.querySelector("[data-trouble]");
  let pause = first;
  for (;;) {
    await new Promise((done) => setTimeout(done, pause));
    if (!element.isConnected) return;
    try {
      const goesOn = see(await get(element.dataset.url));
      trouble.hidden = true;
      pause = first;
      if (!goesOn) break;
    } catch (error) {
      if (error.status === 404 || error.status === 401) break;
      trouble.textContent = error.message;
      trouble.hidden = false;
      pause = Math.min(pause * 2, slowest);
    }
  }
  window.location.reload();
}
