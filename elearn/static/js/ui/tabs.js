// Tabs that scroll sideways: the current one stands in view, with a piece of the next one.

const PEEK = 56;

export default class Tabs {
  constructor(element) {
    const current = element.querySelector("[aria-current]");
    if (!current || element.scrollWidth <= element.clientWidth) return;
    const box = element.getBoundingClientRect();
    const tab = current.getBoundingClientRect();
    if (tab.right + PEEK > box.right) element.scrollLeft += tab.right + PEEK - box.right;
  }
}
