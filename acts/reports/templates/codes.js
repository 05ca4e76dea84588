"use strict";
// All code of the page opens and closes at once.
(() => {
  const codes = document.getElementById("codes");
  const folded = document.querySelectorAll("details.code");
  codes.hidden = folded.length === 0;
  codes.addEventListener("click", () => {
    const open = codes.getAttribute("aria-pressed") !== "true";
    const at = document.elementFromPoint(innerWidth / 2, innerHeight / 3);
    const before = at ? at.getBoundingClientRect().top : 0;
    folded.forEach((item) => { item.open = open; });
    codes.setAttribute("aria-pressed", String(open));
    if (at) scrollBy({ top: at.getBoundingClientRect().top - before, behavior: "instant" });
  });
})();
