"use strict";
(() => {
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const contents = document.getElementById("contents");
  const narrow = matchMedia("(max-width: 70rem)");
  const settle = () => { contents.open = !narrow.matches; };
  settle();
  narrow.addEventListener("change", settle);
  all("a", contents).forEach((link) => link.addEventListener("click", () => { if (narrow.matches) contents.open = false; }));

  const entries = new Map(all("a[href^='#']", contents).map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = all("main h2[id], main h3[id]").filter((heading) => entries.has(heading.id));
  let shown = null;
  const spy = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
    const link = passed.length ? entries.get(passed[passed.length - 1].id) : null;
    if (link === shown) return;
    if (shown) shown.removeAttribute("aria-current");
    if (link) {
      link.setAttribute("aria-current", "true");
      if (!narrow.matches) link.scrollIntoView({ block: "nearest" });
    }
    shown = link;
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; spy(); });
  }, { passive: true });
  spy();
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
