"use strict";
// What the address leads to, if anything: whoever wrote a link may have left a sign in it that cannot be decoded.
const aim = () => {
  try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return null; }
};

// The table of contents follows the reader, with one chapter open at a time; on a narrow page it is a menu.
(() => {
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const contents = document.getElementById("contents");
  const narrow = matchMedia("(max-width: 70rem)");
  const settle = () => { contents.open = !narrow.matches; };
  settle();
  narrow.addEventListener("change", settle);
  contents.addEventListener("click", (event) => {
    if (narrow.matches && event.target.closest("a")) contents.open = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !narrow.matches || !contents.open) return;
    contents.open = false;
    contents.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (narrow.matches && contents.open && !contents.contains(event.target)) contents.open = false;
  });

  const unfold = (chapter, open) => {
    chapter.classList.toggle("open", open);
    chapter.querySelector("button").setAttribute("aria-expanded", String(open));
  };
  all(":scope > ul > li", contents).filter((chapter) => chapter.querySelector("ul")).forEach((chapter) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Sections of ${chapter.querySelector("a").textContent}`);
    button.addEventListener("click", () => unfold(chapter, !chapter.classList.contains("open")));
    chapter.querySelector("ul").before(button);
    chapter.classList.add("folds");
    unfold(chapter, false);
  });

  const entries = new Map(all("a[href^='#']", contents).map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = all("main h2[id], main h3[id]").filter((heading) => entries.has(heading.id));
  const chapters = Array.from(new Set(headings.map((heading) => heading.closest(".chapter") || heading)));
  const within = new Map(chapters.map((chapter) => [chapter, headings.filter((heading) => chapter.contains(heading))]));
  // They stand one below the other, so the last one above the line is found by halving; at the page's end all are above.
  const last = (nodes) => {
    const line = innerHeight + scrollY >= document.documentElement.scrollHeight - 2 ? innerHeight : 120;
    let first = 0, end = nodes.length;
    while (first < end) {
      const middle = (first + end) >> 1;
      if (nodes[middle].getBoundingClientRect().top < line) first = middle + 1; else end = middle;
    }
    return first ? nodes[first - 1] : null;
  };
  // A chapter that is far away is not laid out, so it is asked for first and its headings only then.
  const reached = () => {
    const chapter = last(chapters);
    const heading = chapter && last(within.get(chapter));
    return heading ? entries.get(heading.id) : null;
  };
  let shown = null, chapter = null;
  const follow = () => {
    const link = reached();
    if (link === shown) return;
    if (shown) shown.removeAttribute("aria-current");
    shown = link;
    const own = link && link.closest(".folds");
    if (chapter && chapter !== own) unfold(chapter, false);
    if (own && chapter !== own) unfold(own, true);
    chapter = own;
    if (!link) return;
    link.setAttribute("aria-current", "true");
    const list = contents.closest(".contents"), at = link.getBoundingClientRect(), box = list.getBoundingClientRect();
    if (!narrow.matches && (at.top < box.top + 40 || at.bottom > box.bottom - 40)) {
      list.scrollTop += at.top - box.top - box.height / 3;
    }
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; follow(); });
  }, { passive: true });
  requestAnimationFrame(follow);

  const open = () => {
    const folded = aim()?.closest("details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
