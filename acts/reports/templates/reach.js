"use strict";
// A drawing that a narrow page scrolls sideways is a stop of the keyboard there, and says what it is.
(() => {
  const narrow = matchMedia("(max-width: 40rem)");
  const drawings = Array.from(document.querySelectorAll(".drawing"));
  const name = (drawing) => {
    const label = drawing.closest("figure")?.querySelector("figcaption .label");
    return label ? label.textContent.trim().replace(/\.$/, "") : "Figure";
  };
  const reach = () => drawings.forEach((drawing) => {
    if (!narrow.matches) {
      for (const mark of ["tabindex", "role", "aria-label"]) drawing.removeAttribute(mark);
      return;
    }
    drawing.tabIndex = 0;
    drawing.setAttribute("role", "group");
    drawing.setAttribute("aria-label", name(drawing));
  });
  narrow.addEventListener("change", reach);
  reach();
})();
