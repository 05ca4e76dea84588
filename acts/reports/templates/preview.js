"use strict";
// A reference shows what it refers to, under the pointer or the focus, until the reader leaves it or presses Escape.
(() => {
  const LINKS = "main a[href^='#']:not(.anchor, .name, .turn a, .previous, .next)";
  const WORDS = 700, ROWS = 8;
  const preview = document.createElement("aside");
  preview.className = "preview";
  preview.hidden = true;
  preview.setAttribute("aria-hidden", "true");
  document.body.append(preview);

  // A copy may not share identifiers with the page, or its clips and markers would be the page's.
  const renamed = (copy) => {
    const within = [copy, ...copy.querySelectorAll("*")];
    const own = new Set(within.map((node) => node.id).filter(Boolean));
    within.forEach((node) => {
      for (const { name, value } of Array.from(node.attributes)) {
        if (name === "id") node.id = `preview-${value}`;
        else if (value.includes("#")) {
          const fresh = value.replace(/#([^)'"\s]+)/g, (whole, id) => own.has(id) ? `#preview-${id}` : whole);
          if (fresh !== value) node.setAttribute(name, fresh);
        }
      }
    });
    return copy;
  };
  const copied = (target) => {
    const copy = target.cloneNode(true);
    copy.querySelectorAll(".anchor, .plate, .explorer, .sift, .quote, details, script, button.sort").forEach((node) => {
      if (node.matches(".sort")) node.replaceWith(...node.childNodes); else node.remove();
    });
    copy.querySelectorAll("tbody").forEach((body) => Array.from(body.rows).slice(ROWS).forEach((row) => row.remove()));
    copy.querySelectorAll("[tabindex]").forEach((node) => node.removeAttribute("tabindex"));
    return renamed(copy);
  };
  // A section is shown by its heading and its first words.
  const opening = (heading) => {
    const shown = [heading];
    let length = 0;
    for (let next = heading.nextElementSibling; next && length < WORDS; next = next.nextElementSibling) {
      if (/^H[1-6]$/.test(next.tagName) || shown.length > 3) break;
      if (!next.matches("p:not(.byline), ul, ol, blockquote")) continue;
      shown.push(next);
      length += next.textContent.length;
    }
    return shown.map(copied);
  };
  const content = (target) => /^H[1-6]$/.test(target.tagName) ? opening(target)
    : target.matches("figure, .equation, .claim, .csl-entry, li, p") ? [copied(target)] : [];

  let shown = null, waiting = 0;
  const hide = () => {
    clearTimeout(waiting);
    preview.hidden = true;
    preview.replaceChildren();
    shown = null;
  };
  const place = () => {
    const at = shown.getClientRects()[0] || shown.getBoundingClientRect(), size = preview.getBoundingClientRect();
    preview.style.visibility = at.bottom < 0 || at.top > innerHeight ? "hidden" : "";
    const below = at.bottom + 6 + size.height < innerHeight || at.top < size.height + 6;
    preview.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
    preview.style.top = `${below ? at.bottom + 6 : at.top - size.height - 6}px`;
    preview.style.maxHeight = `${Math.min(innerHeight * .6, below ? innerHeight - at.bottom - 14 : at.top - 14)}px`;
  };
  const show = (link) => {
    clearTimeout(waiting);
    if (shown === link) return;
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const found = target && !target.contains(link) ? content(target) : [];
    hide();
    if (!found.length) return;
    preview.replaceChildren(...found);
    preview.hidden = false;
    shown = link;
    place();
  };
  const leave = () => { clearTimeout(waiting); waiting = setTimeout(hide, 180); };
  const referred = (event) => event.target.closest ? event.target.closest(LINKS) : null;
  // a finger rests on nothing, it follows the link; what the device has besides does not matter
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (event.target.closest(".preview")) { clearTimeout(waiting); return; }
    const link = referred(event);
    if (link) { clearTimeout(waiting); waiting = setTimeout(show, 90, link); } else if (shown && !shown.matches(":focus-visible")) leave();
    else if (!shown) clearTimeout(waiting);
  });
  document.addEventListener("focusin", (event) => {
    const link = referred(event);
    if (link && link.matches(":focus-visible")) show(link); else hide();
  });
  document.addEventListener("focusout", hide);
  // a focus that moves the page must not lose its preview by that: it goes along, out of sight and back
  addEventListener("scroll", () => { if (shown) shown.matches(":focus-visible") ? place() : hide(); }, { passive: true });
  addEventListener("hashchange", hide);
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
