// A form that is sent once: the pressed button keeps its width, says what happens, and further presses do nothing.
// Reads: [data-busy] on the button: the words meanwhile.

export default class Busy {
  constructor(form) {
    this.form = form;
    this.button = null;
    form.addEventListener("submit", (event) => this.submit(event));
    // The page may come back from the history of the browser as it was left.
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.rest();
    });
  }

  submit(event) {
    if (this.button) {
      event.preventDefault();
      return;
    }
    const button = event.submitter ?? this.form.querySelector("[type='submit']");
    // Another listener may still refuse the submission: wait for all of them.
    window.setTimeout(() => {
      if (!event.defaultPrevented && button) this.start(button);
    });
  }

  start(button) {
    this.button = button;
    const label = button.querySelector(".btn-label") ?? button;
    this.words = label.textContent;
    button.style.minInlineSize = `${button.getBoundingClientRect().width}px`;
    button.setAttribute("aria-disabled", "true");
    button.classList.add("is-busy");
    if (button.dataset.busy) label.textContent = button.dataset.busy;
  }

  rest() {
    if (!this.button) return;
    const label = this.button.querySelector(".btn-label") ?? this.button;
    label.textContent = this.words;
    this.button.style.minInlineSize = "";
    this.button.removeAttribute("aria-disabled");
    this.button.classList.remove("is-busy");
    this.button = null;
  }
}
