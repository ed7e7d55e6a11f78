// Shows the chosen photo and its name before it is sent. Reads: input[type=file], .photo-preview, .photo-name.

export default class Photo {
  constructor(element) {
    this.input = element.querySelector("input[type='file']");
    this.preview = element.querySelector(".photo-preview");
    this.name = element.querySelector(".photo-name");
    this.before = [...this.preview.childNodes];
    this.input.addEventListener("change", () => this.show(this.input.files[0]));
    if (this.input.files.length) this.show(this.input.files[0]); // chosen before this module came
  }

  show(file) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
    this.name.textContent = file?.name ?? "";
    if (!file?.type.startsWith("image/")) {
      this.preview.replaceChildren(...this.before);
      return;
    }
    this.url = URL.createObjectURL(file);
    const image = new Image();
    image.alt = "";
    image.src = this.url;
    // A picture that the browser cannot read is told by the server; here the old one comes back.
    image.addEventListener("error", () => this.preview.replaceChildren(...this.before));
    this.preview.replaceChildren(image);
  }
}
