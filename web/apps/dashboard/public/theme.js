/* Runs before the first paint, so that nobody who chose dark sees white first. */
(function () {
  var root = document.documentElement;
  var chosen = null;
  try {
    chosen = localStorage.getItem("tenon.theme");
  } catch (refused) {
    /* Storage may be forbidden; the system's choice stands then. */
  }
  if (chosen !== "light" && chosen !== "dark") chosen = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = chosen;
  var colour = document.querySelector('meta[name="theme-color"]');
  if (colour && chosen === "dark") colour.setAttribute("content", "#0f1110");
})();
