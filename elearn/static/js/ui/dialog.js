// A dialog or sheet: a press on the backdrop closes it, and it opens itself when the server found an error in it.
// Reads: [data-open].

export default class Dialog {
  constructor(element) {
    this.dialog = element;
    element.addEventListener("pointerdown", (event) => {
      this.began = event.target === element;
    });
    element.addEventListener("click", (event) => {
      if (this.began && event.target === element) element.close();
    });
    if ("open" in element.dataset) {
      element.close(); // without scripts it stands open on the page, here it is in front of it
      element.showModal();
    }
  }
}
