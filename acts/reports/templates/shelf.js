"use strict";
// The claims of all configurations are sifted by how these agree, by verdict, topic and words.
(() => {
  const sift = document.getElementById("sift");
  if (!sift) return;
  const rows = Array.from(document.getElementById("compared").tBodies[0].rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const control = (id) => document.getElementById(id);
  const chosen = (id) => control(id) ? control(id).value : "";
  const refresh = () => {
    const kind = chosen("kind"), word = chosen("word"), topic = chosen("topic");
    const words = chosen("words").toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.filter((row) => {
      row.hidden = !((!kind || row.dataset.kind === kind) && (!word || row.dataset.words.split(" ").includes(word))
        && (!topic || row.dataset.topic === topic) && words.every((one) => texts.get(row).includes(one)));
      return !row.hidden;
    });
    control("status").textContent = kept.length === rows.length ? `All ${rows.length} claims` : `${kept.length} of ${rows.length} claims`;
  };
  for (const id of ["kind", "word", "topic", "words"]) if (control(id)) control(id).addEventListener("input", refresh);
  sift.hidden = false;
  refresh();
})();
