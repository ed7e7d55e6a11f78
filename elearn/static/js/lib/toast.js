// Shows a toast in the region of the page. Server messages use the same markup (macros/feedback.html).
import { t } from "./words.js";

const ICONS = {
  success: "check-circle-fill",
  info: "info-circle-fill",
  warning: "exclamation-triangle-fill",
  error: "x-octagon-fill",
};
const SECONDS = 6;

/** Make an element with a class and text. */
function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Let a toast go after 6 s, later while it is hovered or focused; an error stays until it is closed. */
export function retire(item) {
  const close = make("button", "toast-close");
  close.type = "button";
  close.setAttribute("aria-label", t("Close message"));
  const cross = make("i", "bi bi-x-lg");
  cross.setAttribute("aria-hidden", "true");
  close.append(cross);
  close.addEventListener("click", () => item.remove());
  item.append(close);
  if (item.dataset.toast === "error") return;
  let timer = 0;
  const start = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => item.remove(), SECONDS * 1000);
  };
  const hold = () => window.clearTimeout(timer);
  item.addEventListener("pointerenter", hold);
  item.addEventListener("focusin", hold);
  item.addEventListener("pointerleave", start);
  item.addEventListener("focusout", start);
  start();
}

/** Show one sentence. `action` is { label, run }. Returns the element, or null on a page without the region. */
export function toast(text, { kind = "success", more = "", action = null } = {}) {
  const list = document.querySelector(`.toasts-list[role="${kind === "error" ? "alert" : "status"}"]`);
  if (!list) return null;
  const item = make("div", `toast-item toast-${kind}`);
  item.dataset.toast = kind;
  const icon = make("i", `bi bi-${ICONS[kind] ?? ICONS.info}`);
  icon.setAttribute("aria-hidden", "true");
  const body = make("div", "toast-text");
  body.append(make("p", "toast-title", text));
  if (more) body.append(make("p", "", more));
  item.append(icon, body);
  if (action) {
    const button = make("button", "toast-action", action.label);
    button.type = "button";
    button.addEventListener("click", () => {
      item.remove();
      action.run();
    });
    item.append(button);
  }
  list.append(item);
  retire(item);
  return item;
}
