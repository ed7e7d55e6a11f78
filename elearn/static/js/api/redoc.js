// The OpenAPI document with ReDoc. Reads: data-schema (its address).
const place = document.getElementById("redoc");

// The library shows its maker's logo from another server. Our policy forbids that, so it is not even asked for; the
// image hides itself when it cannot be loaded.
const setAttribute = HTMLImageElement.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function set(name, value) {
  if (name === "src" && new URL(value, location.href).origin !== location.origin) {
    queueMicrotask(() => this.dispatchEvent(new Event("error")));
    return;
  }
  setAttribute.call(this, name, value);
};

window.Redoc.init(
  place.dataset.schema,
  {
    hideDownloadButton: false,
    expandResponses: "200,201",
    sortRequiredPropsFirst: true,
    theme: {
      colors: { primary: { main: "#17604b" } },
      typography: { fontFamily: "system-ui, sans-serif", headings: { fontFamily: "system-ui, sans-serif" } },
    },
  },
  place,
);
