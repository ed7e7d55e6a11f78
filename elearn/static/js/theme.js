// Resolves the theme "system" before the first paint, and follows the system while the page is open.
// Reads: <html data-theme="system|light|dark">. Writes: data-bs-theme, data-js, and data-mounting, which main.js
// takes away once its modules listen. A classic script, so that it blocks painting.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var wish = root.dataset.theme;
    var theme = wish === "light" || wish === "dark" ? wish : dark.matches ? "dark" : "light";
    root.dataset.bsTheme = theme;
    var bar = document.querySelector('meta[name="theme-color"]');
    if (bar) bar.content = theme === "dark" ? "#161c19" : "#ffffff";
  }
  root.dataset.js = "";
  root.dataset.mounting = "";
  apply();
  dark.addEventListener("change", apply);
})();
