"use strict";
// Columns are sorted by a button in their head: up, down, and as they were; numbers as numbers, names as names.
(() => {
  const raised = { "⁻": "-", "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9" };
  const LEADING = /^[<>≤≥≈~±+]?(-?(?:∞|\d+(?:\.\d+)?(?:e-?\d+)?))(?![\w.])/;
  // The number a cell begins with, null where it begins with none: "−78.2 [−79, −77] %" is −78.2.
  const number = (text) => {
    const flat = text.trim().replace(/[−–](?=[\d∞.])/g, "-").replace(/(\d)[\u00a0\u2009\u202f ](?=\d{3}(?!\d))/g, "$1")
      .replace(/\s*[×·]\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (_, power) => "e" + Array.from(power, (sign) => raised[sign]).join(""));
    const found = flat.match(LEADING);
    return found ? Number(found[1].replace("∞", "Infinity")) : null;
  };
  const text = (row, column) => row.cells[column] ? row.cells[column].textContent.trim() : "";
  const numeric = (rows, column) => {
    const said = rows.map((row) => text(row, column)).filter((value) => /\d|∞/.test(value));
    return said.length > 0 && said.filter((value) => number(value) !== null).length > said.length / 2;
  };
  const compare = (a, b) => a.localeCompare(b, "en", { numeric: true });
  // Cells without a value stay below, whichever way the others run.
  const sorted = (rows, column, sign) => {
    const keyed = numeric(rows, column);
    const keys = rows.map((row) => ({ row, key: keyed ? number(text(row, column)) : text(row, column) || null }));
    const order = (a, b) => a.key === null || b.key === null ? (a.key === null) - (b.key === null)
      : sign * (keyed ? (a.key > b.key) - (a.key < b.key) : compare(a.key, b.key));
    return keys.sort(order).map(({ row }) => row);
  };
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };
  const equip = (table) => {
    const body = table.tBodies[0];
    const heads = table.tHead ? Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells) : [];
    if (!body || body.rows.length < 4) return;
    const first = Array.from(body.rows);
    const sort = (head, column) => {
      const way = NEXT[head.getAttribute("aria-sort") || "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (way !== "none") head.setAttribute("aria-sort", way);
      body.append(...(way === "none" ? first : sorted(first, column, way === "ascending" ? 1 : -1)));
    };
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, column));
      head.append(button);
    });
  };
  document.querySelectorAll("main table").forEach(equip);
})();
