// Shows and hides what is typed as a password. Without JavaScript the button is not there.
import { t } from "../lib/words.js";

export default class Password {
  constructor(element) {
    this.input = element.querySelector("input");
    this.button = element.querySelector(".password-show");
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.show(this.input.type === "password"));
    // A shown password must not be kept by the browser as ordinary text.
    this.input.form?.addEventListener("submit", () => this.show(false));
  }

  show(visible) {
    this.input.type = visible ? "text" : "password";
    this.button.setAttribute("aria-pressed", String(visible));
    this.button.firstChild.textContent = visible ? t("Hide") : t("Show");
  }
}
