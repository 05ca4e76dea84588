// Every explorer of the page takes the place of its still picture when it comes near; what fails leaves the picture.

const KINDS = { activation: activationExplorer, depth: depthExplorer };
const HELD = 40; // frames
const KEEPS = CSS.supports("overflow-anchor", "auto"); // whether what is read stays in its place when a figure above grows
// An explorer is taller than its picture, and the browser may still be on its way to the place in the address: who has
// just been led to the figure, or sees it, keeps its head in sight until they move by themselves.
const hold = (figure, before) => {
  const led = aim();
  const meant = led && figure.contains(led);
  if (led ? !meant : before < 0 || before >= innerHeight) return;
  const target = meant ? led : figure;
  const away = () => target.getBoundingClientRect().top - (meant ? 0 : before);
  let left = HELD;
  const own = new AbortController();
  ["wheel", "touchstart", "keydown", "pointerdown"].forEach((name) => {
    addEventListener(name, () => { left = 0; }, { passive: true, signal: own.signal });
  });
  const look = () => {
    if (left <= 0) return own.abort();
    left -= 1;
    if (meant && (away() < -1 || away() > 200)) target.scrollIntoView({ block: "start", behavior: "instant" });
    else if (!meant && Math.abs(away()) > 1) scrollBy({ top: away(), behavior: "instant" });
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};
const start = (root) => {
  const figure = root.closest("figure");
  const before = figure.getBoundingClientRect();
  try {
    const data = JSON.parse(root.querySelector("script").textContent);
    root.hidden = false;
    figure.classList.add("moving");
    const draw = KINDS[root.dataset.kind](root, data);
    if (!KEEPS && before.bottom < 0) scrollBy({ top: figure.getBoundingClientRect().bottom - before.bottom, behavior: "instant" });
    hold(figure, before.top);
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
