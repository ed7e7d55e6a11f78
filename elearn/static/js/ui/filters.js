// A GET form of filters: a change fetches the page again and replaces only its results, so that the focus stays where it is.
// Without JavaScript, or when the line is down, the form is sent as usual.
// Reads: [data-results] on the form: the ids of what is replaced; [data-apply] on buttons that are then not needed.
import { request } from "../lib/http.js";
import { mount } from "../main.js";

export default class Filters {
  constructor(form) {
    this.form = form;
    for (const button of form.querySelectorAll("[data-apply]")) button.hidden = true;
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, input:not([type='search'])")) this.update();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.querySelector(":popover-open")?.hidePopover();
      this.update();
    });
  }

  async update() {
    const query = new URLSearchParams(new FormData(this.form));
    for (const [name, value] of [...query]) if (!value) query.delete(name, value);
    const address = `${new URL(this.form.action).pathname}?${query}`;
    this.running?.abort();
    this.running = new AbortController();
    try {
      const text = await request("GET", address, { headers: { Accept: "text/html" }, signal: this.running.signal });
      const page = new DOMParser().parseFromString(text, "text/html");
      for (const id of this.form.dataset.results.split(" ")) {
        const present = document.getElementById(id);
        present.replaceChildren(...page.getElementById(id).childNodes);
        mount(present);
      }
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") window.location.assign(address);
    }
  }
}
