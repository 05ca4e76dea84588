"use strict";
// Copies: the report's BibTeX entry, and a claim with its verdict and number as one sentence that can be cited.
(() => {
  const copy = async (text, node) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* not every browser lets a file do this */ }
    const range = new Range();
    range.selectNodeContents(node);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };
  const button = (word, name, text, node) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "quote", textContent: word });
    made.setAttribute("aria-label", name);
    made.addEventListener("click", async () => {
      const done = await copy(text(), node);
      made.textContent = done ? "Copied" : "Selected";
      told.textContent = done ? `${name}: copied` : `${name}: selected, copy it with the keyboard`;
      setTimeout(() => { made.textContent = word; }, 2000);
    });
    return made;
  };
  const told = document.createElement("p");
  told.className = "unseen";
  told.setAttribute("role", "status");
  document.querySelector("main").append(told);

  const entry = document.getElementById("bibtex");
  if (entry) entry.after(button("Copy", "Copy the BibTeX entry", () => entry.textContent, entry));

  const flat = (node) => node ? node.textContent.replace(/\s+/g, " ").trim() : "";
  const key = entry ? (entry.textContent.match(/@\w+\{([^,]+),/) || [])[1] : "";
  const sentence = (card) => {
    const name = flat(card.querySelector(".head .name")), verdict = flat(card.querySelector(".head .verdict"));
    const number = flat(card.querySelector(".measured > p"));
    const found = number ? `: ${number}` : "";
    const source = [`claim ${name}`, document.title, key].filter(Boolean).join(", ");
    return `“${flat(card.querySelector(".statement"))}” — ${verdict}${found} (${source}).`;
  };
  document.querySelectorAll(".claim[id] > .head").forEach((head) => {
    const name = flat(head.querySelector(".name"));
    head.append(button("Quote", `Quote claim ${name}`, () => sentence(head.parentElement), head.parentElement));
  });

  document.querySelectorAll(".plate > .code pre").forEach((code) => {
    const name = code.closest(".plate").dataset.name;
    code.after(button("Copy", `Copy the code of ${name}`, () => code.textContent, code));
  });
})();
