// Keeps the preview of the email in step with the form: the role, the message and the courses.
// Reads: [data-message] (the text), [data-courses] (their boxes), the radio buttons named "role"; [data-as], [data-quote],
// [data-course-list] and [data-course-line] of the preview. Without it the preview shows what was sent last.

export default class Preview {
  constructor(element) {
    this.element = element;
    element.addEventListener("input", () => this.show());
    this.show();
  }

  show() {
    this.showRole();
    this.showMessage();
    this.showCourses();
  }

  showRole() {
    const role = this.element.querySelector("input[name=role]:checked")?.value;
    if (!role) return; // there is one role alone
    for (const line of this.element.querySelectorAll("[data-as]")) line.hidden = line.dataset.as !== role;
  }

  showMessage() {
    const quote = this.element.querySelector("[data-quote]");
    const text = this.element.querySelector("[data-message]").value.trim();
    quote.hidden = !text;
    quote.firstElementChild.textContent = text;
  }

  showCourses() {
    const list = this.element.querySelector("[data-course-list]");
    const chosen = [...this.element.querySelectorAll("[data-courses] input:checked")];
    list.replaceChildren(...chosen.map((box) => {
      const item = document.createElement("li");
      item.textContent = box.closest("label").textContent.trim();
      return item;
    }));
    list.hidden = chosen.length === 0;
    // The sentence above the list comes from the server, for one or several courses.
    for (const line of this.element.querySelectorAll("[data-course-line]")) line.hidden = list.hidden;
  }
}
