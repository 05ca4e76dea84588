"use strict";
// A long list of claims can be sifted by verdict, topic and words; a count on the front page is a way into it.
(() => {
  const LONG = 40;
  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const count = (values) => values.reduce((counts, value) => counts.set(value, (counts.get(value) || 0) + 1), new Map());
  const spoken = (verdict) => verdict.replace(/-/g, " ");

  const order = Array.from(document.querySelectorAll(".front .tally li"), (item) => item.className);
  const equip = (table) => {
    const rows = Array.from(table.tBodies[0].rows);
    const state = { verdicts: new Set(), topic: "", words: [] };
    const status = make("p", { className: "status" });
    status.setAttribute("role", "status");
    const chips = new Map();
    const refresh = () => {
      const kept = rows.filter((row) => {
        const text = state.words.length ? row.textContent.toLowerCase() : "";
        row.hidden = !((!state.verdicts.size || state.verdicts.has(row.dataset.verdict))
          && (!state.topic || row.dataset.topic === state.topic) && state.words.every((word) => text.includes(word)));
        return !row.hidden;
      });
      chips.forEach((chip, verdict) => chip.setAttribute("aria-pressed", String(state.verdicts.has(verdict))));
      status.textContent = kept.length === rows.length ? `All ${rows.length} claims` : `${kept.length} of ${rows.length} claims`;
    };
    const toggle = (verdict) => {
      if (!state.verdicts.delete(verdict)) state.verdicts.add(verdict);
      refresh();
    };
    const place = (verdict) => (order.indexOf(verdict) + 1) || order.length + 1;
    const verdicts = Array.from(count(rows.map((row) => row.dataset.verdict))).sort(([a], [b]) => place(a) - place(b));
    verdicts.forEach(([verdict, number]) => {
      const chip = make("button", { type: "button", className: `chip ${verdict}`, onclick: () => toggle(verdict) },
        make("b", { textContent: number }), ` ${spoken(verdict)}`);
      chips.set(verdict, chip);
    });
    const topics = make("select", { onchange: () => { state.topic = topics.value; refresh(); } },
      make("option", { value: "", textContent: "All topics" }),
      ...Array.from(count(rows.map((row) => row.dataset.topic)), ([topic, number]) =>
        make("option", { value: topic, textContent: `${topic} (${number})` })));
    topics.setAttribute("aria-label", "Topic");
    const words = make("input", {
      type: "search", placeholder: "Words", autocomplete: "off",
      oninput: () => { state.words = words.value.toLowerCase().split(/\s+/).filter(Boolean); refresh(); },
    });
    words.setAttribute("aria-label", "Words in the claim");
    const files = Array.from(document.querySelectorAll(".downloads a[download^='ledger']"), (link) => {
      const button = make("button", { type: "button", className: "take", textContent: link.download, onclick: () => link.click() });
      button.setAttribute("aria-label", `Download ${link.download}`);
      return button;
    });
    const bar = make("div", { className: "sift" }, make("div", { className: "chips" }, ...chips.values()), topics, words, status, ...files);
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Sift the claims");
    (table.closest(".scroll") || table).before(bar);
    refresh();
    return { bar, only: (verdict) => { state.verdicts = new Set([verdict]); state.topic = topics.value = words.value = ""; state.words = []; refresh(); } };
  };
  const tables = Array.from(document.querySelectorAll("main table"))
    .filter((table) => table.tBodies[0] && table.tBodies[0].rows.length >= LONG
      && Array.from(table.tBodies[0].rows).every((row) => row.dataset.verdict));
  const ledgers = tables.map(equip);
  if (!ledgers.length) return;

  document.querySelectorAll(".front .tally li").forEach((item) => {
    const verdict = item.className;
    const way = make("button", { type: "button", onclick: () => {
      ledgers[0].only(verdict);
      const { bar } = ledgers[0];
      (bar.closest("figure") || bar).scrollIntoView({ block: "start", behavior: "instant" });
      bar.querySelector(".chip[aria-pressed='true']").focus({ preventScroll: true });
    } }, ...item.childNodes);
    way.title = "Show them in the ledger";
    item.append(way);
  });
})();
