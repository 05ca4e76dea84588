"use strict";
// Day or night: the reader's choice is kept, and stands before the page is painted.
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("acts-theme"); } catch { return null; } };
  const keep = (value) => { try { localStorage.setItem("acts-theme", value); } catch { /* private windows keep nothing */ } };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["dark", "light"].includes(kept())) root.dataset.theme = kept();
  addEventListener("DOMContentLoaded", () => {
    document.querySelector(".controls").hidden = false;
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      keep(root.dataset.theme);
    });
  });
})();
