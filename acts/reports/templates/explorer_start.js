// Every explorer of the page takes the place of its still picture when it comes near; what fails leaves the picture.

const KINDS = { activation: activationExplorer, depth: depthExplorer };
const start = (root) => {
  const figure = root.closest("figure");
  try {
    const data = JSON.parse(root.querySelector("script").textContent);
    root.hidden = false;
    figure.classList.add("moving");
    const draw = KINDS[root.dataset.kind](root, data);
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
