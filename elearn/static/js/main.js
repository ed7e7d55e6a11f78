// Mounts one module per [data-module="folder/name"]: imports ./folder/name.js and calls `new module.default(element)`.
// Several names stand with spaces between them. What a script adds later is mounted by `mount(root)`.

const mounted = new WeakMap();

/** Mount every module of `root` that is not mounted yet. */
export function mount(root = document) {
  const elements = [...root.querySelectorAll("[data-module]")];
  if (root instanceof Element && root.matches("[data-module]")) elements.unshift(root);
  return Promise.all(elements.flatMap((element) => element.dataset.module.split(/\s+/).map((name) => start(element, name))));
}

async function start(element, name) {
  const names = mounted.get(element) ?? new Set();
  if (names.has(name)) return;
  mounted.set(element, names.add(name));
  const module = await import(`./${name}.js`);
  new module.default(element);
}

// Browsers without invoker commands (command="show-modal" and "close") get them here.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (!(dialog instanceof HTMLDialogElement)) return;
    if (button.getAttribute("command") === "show-modal" && !dialog.open) dialog.showModal();
    if (button.getAttribute("command") === "close") dialog.close();
  });
}

mount().finally(() => delete document.documentElement.dataset.mounting);
