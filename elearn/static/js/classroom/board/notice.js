/** One line above the board: what happened to it, and at most one thing to do about it. */

const STAYS = 8_000;

export class Notice {
  #timer = null;
  #action = null;

  constructor(root) {
    this.root = root;
    this.words = root.querySelector("[data-notice-words]");
    this.button = root.querySelector("[data-notice-action]");
    this.button.addEventListener("click", () => {
      const action = this.#action;
      this.hide();
      action?.();
    });
    root.querySelector("[data-notice-close]").addEventListener("click", () => this.hide());
  }

  /** Without `stays` it goes by itself after a while. */
  show(words, { action = null, label = "", stays = false } = {}) {
    clearTimeout(this.#timer);
    this.words.textContent = words;
    this.#action = action;
    this.button.hidden = !action;
    this.button.textContent = label;
    this.root.hidden = false;
    if (!stays) this.#timer = setTimeout(() => this.hide(), STAYS);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#action = null;
    this.root.hidden = true;
  }
}
