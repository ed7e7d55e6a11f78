// The list of what is wrong takes the focus when the page comes, so that it is read first; its links go to the fields.

export default class ErrorSummary {
  constructor(element) {
    element.focus({ preventScroll: false });
    element.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!field) return;
      event.preventDefault();
      field.closest(".field")?.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    });
  }
}
