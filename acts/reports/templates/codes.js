"use strict";
(() => {
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const codes = document.getElementById("codes");
  const folded = all("details.code");
  codes.hidden = folded.length === 0;
  codes.addEventListener("click", () => {
    const open = codes.getAttribute("aria-pressed") !== "true";
    folded.forEach((item) => { item.open = open; });
    codes.setAttribute("aria-pressed", String(open));
    codes.textContent = open ? "Hide code" : "Show code";
  });
})();
