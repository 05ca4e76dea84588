"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const controls = document.querySelector(".controls");
  controls.hidden = false;

  const stored = () => { try { return localStorage.getItem("acts-theme"); } catch { return null; } };
  const store = (value) => { try { localStorage.setItem("acts-theme", value); } catch { /* private windows keep nothing */ } };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["dark", "light"].includes(stored())) root.dataset.theme = stored();
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    store(root.dataset.theme);
  });

  const codes = document.getElementById("codes");
  const folded = all("details.code");
  codes.hidden = folded.length === 0;
  codes.addEventListener("click", () => {
    const open = codes.getAttribute("aria-pressed") !== "true";
    folded.forEach((item) => { item.open = open; });
    codes.setAttribute("aria-pressed", String(open));
    codes.textContent = open ? "Hide code" : "Show code";
  });

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

  const raised = { "⁻": "-", "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9" };
  const number = (text) => {
    const flat = text.trim().replace(/−/g, "-").replace(/\s*×\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/, (_, power) =>
      "e" + Array.from(power, (sign) => raised[sign]).join("")).replace(/[\s\u00a0]?%$/, "");
    if (flat === "∞") return Infinity;
    if (flat === "-∞") return -Infinity;
    return flat === "" || Number.isNaN(Number(flat)) ? null : Number(flat);
  };
  const compare = (a, b) => {
    const x = number(a), y = number(b);
    if (x !== null && y !== null) return x - y;
    if (x !== null || y !== null) return x !== null ? -1 : 1;
    return a.localeCompare(b, "en");
  };
  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = table.tHead ? Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells) : [];
    if (!body || body.rows.length < 4) return;
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
        const text = (row) => row.cells[column] ? row.cells[column].textContent : "";
        body.append(...Array.from(body.rows).sort((a, b) => sign * compare(text(a), text(b))));
      });
    });
  };
  all("main table").forEach(sortable);

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

  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details");
    if (folded) folded.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
