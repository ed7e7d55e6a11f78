// Follows an import that the worker reads or carries out; when it is over, the page is loaded again and shows the rows.
// Reads: [data-url] of the import, [data-state] as the page shows it, [data-count] and [data-trouble] inside, <progress>.
import { watch } from "../lib/watch.js";
import { t } from "../lib/words.js";

export default class Import {
  constructor(element) {
    this.bar = element.querySelector("progress");
    this.count = element.querySelector("[data-count]");
    const see = (found) => {
      this.show(found);
      return found.state === element.dataset.state;
    };
    watch(element, see, { first: 700 });
  }

  show({ state, done, total, bad }) {
    const whole = state === "running" ? total - bad : total;
    this.bar.max = Math.max(whole, 1);
    this.bar.value = done;
    this.count.textContent = t("%(done)s of %(total)s", { done, total: whole });
  }
}
