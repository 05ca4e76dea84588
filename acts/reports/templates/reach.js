"use strict";
// What scrolls sideways in a box of its own is a stop of the keyboard and says what it is; what fits is none.
(() => {
  const NAMES = { formula: "Formula", scroll: "Table" };
  const label = (box) => {
    const words = box.closest("figure")?.querySelector("figcaption .label");
    return words ? words.textContent.trim().replace(/\.$/, "") : NAMES[box.classList[0]] || "Figure";
  };
  const settle = (box) => {
    if (box.scrollWidth <= box.clientWidth + 1) {
      for (const mark of ["tabindex", "role", "aria-label"]) box.removeAttribute(mark);
      return;
    }
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", label(box));
  };
  // A box is measured when what it holds is laid out, which far away from the reader is later.
  const boxes = "main :is(.drawing, .formula, .scroll)";
  const watcher = new ResizeObserver((found) => found.forEach(({ target }) => settle(target.closest(boxes))));
  document.querySelectorAll(boxes).forEach((box) => {
    for (const node of [box, box.firstElementChild]) if (node) watcher.observe(node);
  });
})();
