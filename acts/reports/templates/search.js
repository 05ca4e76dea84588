"use strict";
// Search over the index that travels in the page: "/" opens it, arrows choose, Enter goes there, Escape closes.
(() => {
  const KINDS = ["Section", "Figure", "Table", "Equation", "Claim", "Source", "Text"];
  const WEIGHTS = [60, 40, 40, 20, 50, 10, 0];
  const [SECTION, , , , CLAIM, SOURCE, PROSE] = KINDS.keys();
  const MOST = 40, FEW = 4, AROUND = 60;
  const dialog = document.getElementById("search");
  const query = document.getElementById("query");
  const results = document.getElementById("results");
  const hits = document.getElementById("hits");
  const make = (tag, name, ...children) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...children);
    return node;
  };

  // Letters without case and accents, one for one, so that a place in the folded text is a place in the text.
  const fold = (text) => Array.from(text, (sign) => {
    const plain = sign.normalize("NFD").toLowerCase().replace(/[−–‐‑]/u, "-").replace(/[’‘]/u, "'");
    return plain.length === sign.length ? plain : sign.length === 1 ? (plain[0] || sign) : sign;
  }).join("");
  let index = null;
  const read = () => {
    if (index) return index;
    const rows = JSON.parse(document.getElementById("index").textContent);
    const sections = new Map(rows.filter(([kind]) => kind === SECTION).map(([, id, number, text]) => [id, `${number} ${text}`.trim()]));
    index = rows.map(([kind, id, name, text], place) => {
      const spoken = kind === CLAIM ? `${id.replace("claim-", "")} · ${name}` : name;
      return { kind, id, place, name: spoken, text, where: kind === PROSE ? sections.get(id) || "" : "", folded: fold(`${spoken} ${text}`) };
    });
    return index;
  };

  const started = (text, at) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]);
  const MISSING = 500;  // what a word that an entry lacks costs it
  const worth = (entry, words, whole) => {
    let score = WEIGHTS[entry.kind];
    for (const word of words) {
      let at = entry.folded.indexOf(word);
      if (at < 0) { score -= MISSING; continue; }
      while (at >= 0 && !started(entry.folded, at)) at = entry.folded.indexOf(word, at + 1);
      score += at < 0 ? 0 : at <= entry.name.length + 1 ? 40 : 20;
    }
    if (words.length > 1 && entry.folded.includes(whole)) score += 60;
    if (entry.name && fold(entry.name).split(" ")[0] === whole) score += 200;
    return score - Math.min(20, entry.folded.length / 200);
  };
  // What has every word; where that is little, what lacks one of several comes after it.
  const found = (words, whole) => {
    const every = read().map((entry) => ({ entry, score: worth(entry, words, whole) }))
      .sort((a, b) => b.score - a.score || a.entry.place - b.entry.place);
    const full = every.filter(({ score }) => score > -MISSING / 2);
    const most = full.length < FEW && words.length > 1 ? every.filter(({ score }) => score > -1.5 * MISSING) : full;
    return most.map(({ entry }) => entry);
  };

  const places = (folded, words) => words.flatMap((word) => {
    const hit = [];
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) hit.push([at, at + word.length]);
    return hit;
  }).sort((a, b) => a[0] - b[0]);
  const marked = (text, words) => {
    const node = make("span", "");
    let done = 0;
    for (const [from, to] of places(fold(text), words)) {
      if (from < done) continue;
      node.append(text.slice(done, from), make("mark", "", text.slice(from, to)));
      done = to;
    }
    node.append(text.slice(done));
    return node;
  };
  const excerpt = (text, words) => {
    const hit = places(fold(text), words)[0];
    const from = hit && hit[0] > 2 * AROUND ? text.lastIndexOf(" ", hit[0] - AROUND) + 1 : 0;
    const to = from + 4 * AROUND < text.length ? text.lastIndexOf(" ", from + 4 * AROUND) : text.length;
    return `${from ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}`;
  };

  let shown = [], chosen = -1, words = [];
  const choose = (place) => {
    const options = results.children;
    if (options[chosen]) options[chosen].setAttribute("aria-selected", "false");
    chosen = options.length ? (place + options.length) % options.length : -1;
    const option = options[chosen];
    if (!option) { query.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    query.setAttribute("aria-activedescendant", option.id);
  };
  const option = (entry, place) => {
    const name = entry.kind === SECTION || entry.kind === CLAIM || /^(Figure|Table|Equation)/.test(entry.name)
      ? entry.name : "";
    const head = make("span", "where", make("b", "", name || KINDS[entry.kind]), entry.where ? ` ${entry.where}` : "");
    const node = make("li", "", head, marked(excerpt(entry.text, words), words));
    if (entry.kind === SECTION) head.firstChild.textContent = `Section ${entry.name}`.trim();
    node.id = `result-${place}`;
    node.setAttribute("role", "option");
    node.setAttribute("aria-selected", "false");
    node.addEventListener("click", () => go(entry));
    node.addEventListener("mousemove", () => { if (chosen !== place) choose(place); });
    return node;
  };
  const look = () => {
    const whole = fold(query.value.trim());
    words = Array.from(new Set(whole.split(/\s+/).filter(Boolean)));
    const every = words.length ? found(words, whole) : [];
    shown = every.slice(0, MOST);
    results.replaceChildren(...shown.map(option));
    results.hidden = !shown.length;
    query.setAttribute("aria-expanded", String(shown.length > 0));
    const count = every.length === 1 ? "1 result" : `${every.length} results`;
    hits.textContent = !words.length ? "Arrows choose, Enter goes there, Esc closes."
      : every.length > MOST ? `The best ${MOST} of ${count}` : every.length ? count : "Nothing found; try fewer or shorter words.";
    chosen = -1;
    choose(0);
  };

  // Where prose was found the block that says it is sought below its heading; what stands out is not in the markup.
  const block = (entry, target) => {
    const wanted = entry.text.replace(/\s/g, "").slice(0, 60);
    for (let next = target.nextElementSibling; next && !/^H[1-4]$/.test(next.tagName); next = next.nextElementSibling) {
      const parts = next.matches("p") ? [next] : Array.from(next.querySelectorAll("p, li, dt"));
      const hit = parts.find((part) => part.textContent.replace(/\s/g, "").startsWith(wanted.slice(0, 24)));
      if (hit) return hit;
    }
    return target;
  };
  const stress = (target) => {
    if (!CSS.highlights || !words.length) return;
    const ranges = [];
    const walker = document.createTreeWalker(target, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (const [from, to] of places(fold(node.data), words)) {
        const range = new Range();
        range.setStart(node, from);
        range.setEnd(node, to);
        ranges.push(range);
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };
  const go = (entry) => {
    const target = document.getElementById(entry.id);
    if (!target) return;
    dialog.close();
    const folded = target.closest("details");
    if (folded) folded.open = true;
    const shownAt = entry.kind === PROSE ? block(entry, target) : target;
    location.hash = encodeURIComponent(entry.id);
    shownAt.scrollIntoView({ block: shownAt === target ? "start" : "center", behavior: "instant" });
    if (!shownAt.hasAttribute("tabindex")) shownAt.tabIndex = -1;
    shownAt.focus({ preventScroll: true });
    stress(shownAt);
  };
  const leave = () => {
    dialog.close();
    query.blur();
  };
  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    query.select();
    look();
  };

  query.addEventListener("input", look);
  query.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter" && shown[chosen]) go(shown[chosen]);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) leave(); });
  document.getElementById("leave").addEventListener("click", leave);
  document.getElementById("find").addEventListener("click", open);
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
    const asked = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey
      || event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (!asked) return;
    event.preventDefault();
    open();
  });
})();
