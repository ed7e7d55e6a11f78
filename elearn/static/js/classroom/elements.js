// Small builders for what the room shows. Text always goes in as text.
import { t } from "../lib/words.js";
import Menu from "../ui/menu.js";

export function make(tag, className = "", text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function icon(name) {
  const element = make("i", `bi bi-${name}`);
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** The photo or the initials of a person, as macros/people.html draws them. */
export function avatar(person, size = 32) {
  const element = make("span", `avatar avatar-${size} tint-${person.tint ?? 1}`);
  if (person.photo) {
    const photo = make("img");
    Object.assign(photo, { src: person.photo, alt: "", width: size, height: size, decoding: "async", loading: "lazy" });
    element.append(photo);
  } else {
    const initials = make("span", "avatar-initials", person.initials ?? "");
    initials.setAttribute("aria-hidden", "true");
    element.append(initials);
  }
  return element;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", hourCycle: "h23" });
// Days as the rest of the school says them: 18 November, not November 18.
const LANGUAGE = document.documentElement.lang;
const DAY = new Intl.DateTimeFormat(LANGUAGE && LANGUAGE !== "en" ? LANGUAGE : "en-GB", { weekday: "long", day: "numeric", month: "long" });

/** A moment as the clock shows it here, such as 9:41. */
export const clock = (iso) => CLOCK.format(new Date(iso)).replace(/^0(?=\d:)/, "");

/** The day of a moment in words, and a key by which days are compared. */
export function day(iso) {
  const date = new Date(iso);
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  const near = { [new Date().toDateString()]: t("Today"), [yesterday.toDateString()]: t("Yesterday") };
  return { key: date.toDateString(), words: near[date.toDateString()] ?? DAY.format(date) };
}

export function button(label, className, { iconName = null, describe = null } = {}) {
  const element = make("button", className);
  element.type = "button";
  if (iconName) element.append(icon(iconName));
  element.append(make("span", "btn-label", label));
  if (describe) element.setAttribute("aria-label", describe);
  return element;
}

/** A "more" menu as macros/menus.html draws it. Entries: {label, icon, run, danger}; null is a line. */
export function moreMenu(id, describe, entries) {
  const box = make("div", "menu");
  const open = make("button", "btn btn-quiet btn-icon btn-sm");
  open.type = "button";
  open.dataset.key = id;
  open.setAttribute("popovertarget", id);
  open.setAttribute("aria-label", describe);
  open.append(icon("three-dots"));
  const list = make("div", "menu-list");
  list.id = id;
  list.setAttribute("popover", "");
  for (const entry of entries) {
    if (!entry) {
      list.append(make("hr", "menu-line"));
      continue;
    }
    const item = make("button", `menu-item${entry.danger ? " menu-danger" : ""}`);
    item.type = "button";
    item.append(icon(entry.icon), make("span", "", entry.label));
    item.addEventListener("click", () => entry.run());
    list.append(item);
  }
  box.append(open, list);
  new Menu(box);
  return box;
}
