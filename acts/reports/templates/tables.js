"use strict";
(() => {
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
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
})();
