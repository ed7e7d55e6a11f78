// Tabs that scroll sideways: the current one stands in view.

export default class Tabs {
  constructor(element) {
    const current = element.querySelector("[aria-current]");
    if (!current || element.scrollWidth <= element.clientWidth) return;
    const box = element.getBoundingClientRect();
    const tab = current.getBoundingClientRect();
    element.scrollLeft += tab.left + tab.width / 2 - (box.left + box.width / 2);
  }
}
