// Sets the colour scheme before the first paint. A file, because the policy allows no inline scripts.
(function () {
  var wanted = null;
  try {
    wanted = localStorage.getItem("patchcord.color-scheme");
  } catch {
    // Storage is blocked: the system's scheme is used.
  }
  var dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
