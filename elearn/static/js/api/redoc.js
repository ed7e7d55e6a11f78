// The OpenAPI document with ReDoc. Reads: data-schema (its address).
const place = document.getElementById("redoc");

// The library shows its maker's logo from another server. Our policy forbids that, so it is not even asked for; the
// image hides itself when it cannot be loaded.
const { get, set } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const { setAttribute } = Element.prototype;

function isForeign(image, address) {
  const { protocol, origin } = new URL(address, location.href);
  if (protocol === "data:" || origin === location.origin) return false;
  setTimeout(() => image.dispatchEvent(new Event("error")));
  return true;
}

Object.defineProperty(HTMLImageElement.prototype, "src", {
  get,
  set(address) {
    if (!isForeign(this, address)) set.call(this, address);
  },
});
HTMLImageElement.prototype.setAttribute = function setUnlessForeign(name, value) {
  if (name !== "src" || !isForeign(this, value)) setAttribute.call(this, name, value);
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
