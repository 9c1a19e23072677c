"use strict";
// The page works without this. With it, pictures are veiled again when the reader leaves, comes back or presses Escape.
(() => {
  const veil = document.getElementById("veil");
  const sharp = document.getElementById("sharp");
  const colour = document.getElementById("colour");
  const again = () => veil.reset();
  sharp.addEventListener("change", () => { if (!sharp.checked) colour.checked = false; });
  window.addEventListener("pageshow", again);
  document.addEventListener("visibilitychange", () => { if (document.hidden) again(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") again(); });
})();
