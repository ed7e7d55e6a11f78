// A form of filters: a change sends it at once; the button for that is there only without JavaScript.
// Reads: [data-apply] on the buttons that are then not needed.

export default class Filters {
  constructor(form) {
    this.form = form;
    for (const button of form.querySelectorAll("[data-apply]")) button.hidden = true;
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, input[type='checkbox'], input[type='radio'], input[type='search']")) this.send();
    });
  }

  send() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.form.requestSubmit(), 0);
  }
}
