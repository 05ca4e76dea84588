"use strict";
(() => {
  const root = document.documentElement;
  document.querySelector(".controls").hidden = false;
  const stored = () => { try { return localStorage.getItem("acts-theme"); } catch { return null; } };
  const store = (value) => { try { localStorage.setItem("acts-theme", value); } catch { /* private windows keep nothing */ } };
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["dark", "light"].includes(stored())) root.dataset.theme = stored();
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    store(root.dataset.theme);
  });
})();
