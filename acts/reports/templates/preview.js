"use strict";
(() => {
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const preview = document.createElement("aside");
  preview.className = "preview";
  preview.hidden = true;
  preview.setAttribute("aria-hidden", "true");
  document.body.append(preview);
  const hide = () => { preview.hidden = true; preview.replaceChildren(); };
  const show = (link) => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target || !matchMedia("(hover: hover)").matches) return;
    const copy = target.cloneNode(true);
    all("[id]", copy).concat(copy).forEach((node) => node.removeAttribute("id"));
    all(".origin, .anchor, details", copy).forEach((node) => node.remove());
    preview.replaceChildren(copy);
    preview.hidden = false;
    const at = link.getBoundingClientRect(), size = preview.getBoundingClientRect();
    const below = at.bottom + 8 + size.height < innerHeight || at.top < size.height + 8;
    preview.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    preview.style.top = `${below ? at.bottom + 8 : at.top - size.height - 8}px`;
  };
  all("main a.acts-reference:not([href^='#sec-']), main .citation a[href^='#ref-']").forEach((link) => {
    link.addEventListener("mouseenter", () => show(link));
    link.addEventListener("mouseleave", hide);
    link.addEventListener("focus", () => show(link));
    link.addEventListener("blur", hide);
  });
  addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
