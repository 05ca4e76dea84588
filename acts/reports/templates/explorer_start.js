// Every explorer of the page takes the place of its still picture when it comes near; what fails leaves the picture.

const KINDS = { activation: activationExplorer, depth: depthExplorer };
const start = (root) => {
  const figure = root.closest("figure");
  const top = () => figure.getBoundingClientRect().top;
  const before = top();
  try {
    const data = JSON.parse(root.querySelector("script").textContent);
    root.hidden = false;
    figure.classList.add("moving");
    const draw = KINDS[root.dataset.kind](root, data);
    // An explorer is taller than its picture: who has just been led to the figure keeps its head in sight.
    if (before >= 0 && before < innerHeight) {
      requestAnimationFrame(() => requestAnimationFrame(() => scrollBy({ top: top() - before, behavior: "instant" })));
    }
    let width = root.clientWidth;
    new ResizeObserver(() => { if (root.clientWidth && root.clientWidth !== width) { width = root.clientWidth; draw(); } }).observe(root);
  } catch (error) {
    root.hidden = true;
    figure.classList.remove("moving");
    console.warn(`this figure cannot be moved: ${error.message}`);
  }
};
document.querySelectorAll(".explorer").forEach((root) => {
  if (!Object.hasOwn(KINDS, root.dataset.kind) || !root.closest("figure")) return;
  const near = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    near.disconnect();
    start(root);
  }, { rootMargin: "1200px" });
  near.observe(root.closest("figure"));
});
