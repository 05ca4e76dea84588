// Plots: axes, curves and names of curves as SVG; and the native controls that move them.

const SVG = "http://www.w3.org/2000/svg";
let counted = 0;

const make = (tag, attributes = {}, ...children) => {
  const node = ["svg", "g", "path", "line", "text", "circle", "rect", "clipPath", "title"].includes(tag)
    ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children);
  return node;
};
const unique = (word) => `explorer-${word}-${counted += 1}`;

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (n) => (n < 0 ? "⁻" : "") + Array.from(String(Math.abs(n)), (digit) => RAISED[digit]).join("");
const told = (value, digits = 3) => {
  if (value === Infinity || value === -Infinity) return value > 0 ? "∞" : "−∞";
  if (Number.isNaN(value)) return "none";
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
    const [front, power] = value.toExponential(digits - 1).split("e");
    return `${front.replace("-", "−")} × 10${raised(Number(power))}`;
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
};

// Even steps of 1, 2 or 5 times a power of ten inside [low, high], no more than most.
const ticks = (low, high, most) => {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= rough * (1 - 1e-9));
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  return found;
};
const NICE = [0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20];
// The least nice number that a value fits under, so that an axis stands still while a slider moves a little.
const roomy = (value) => NICE.find((size) => size >= value * 1.02) ?? NICE[NICE.length - 1];

// Places nearest to the wanted ones, in their order, at least a gap apart and inside [low, high].
const spread = (wanted, gap, low, high) => {
  const order = wanted.map((_, i) => i).sort((i, j) => wanted[i] - wanted[j]);
  const placed = order.map((i) => wanted[i]);
  for (let i = 0; i < placed.length; i += 1) placed[i] = Math.max(placed[i], i ? placed[i - 1] + gap : low);
  for (let i = placed.length - 1; i >= 0; i -= 1) placed[i] = Math.min(placed[i], i < placed.length - 1 ? placed[i + 1] - gap : high);
  const found = [];
  order.forEach((i, rank) => { found[i] = placed[rank]; });
  return found;
};

class Plot {
  // A panel of the page's width: shows(...) says how axes are written, x and y are linear in what they are given.
  constructor(title, { height, xLabel = "", yText = (value) => told(value), xText = (value) => told(value), margin = 64, most = 5 }) {
    this.name = title;
    Object.assign(this, { height, xLabel, yText, xText, margin, most });
    this.clip = unique("clip");
    this.svg = make("svg", { role: "img", class: "plot" });
    this.node = make("div", { class: "panel" }, this.svg);
  }
  begin(xRange, yRange) {
    const width = this.width = Math.max(140, Math.floor(this.node.clientWidth)), small = width < 260;
    this.small = small;
    const left = 34, right = small ? 8 : this.margin, top = 22, bottom = this.xLabel ? 34 : 20, height = this.height(width);
    this.box = { left, right: width - right, top, bottom: height - bottom };
    const box = this.box;
    this.X = (x) => box.left + (x - xRange[0]) / (xRange[1] - xRange[0]) * (box.right - box.left);
    this.Y = (y) => box.bottom - (y - yRange[0]) / (yRange[1] - yRange[0]) * (box.bottom - box.top);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    this.ends = [];
    this.lines = make("g", { "clip-path": `url(#${this.clip})` });
    const axes = make("g", { class: "axes" });
    for (const value of ticks(...xRange, small ? 3 : 6)) axes.append(
      make("line", { x1: this.X(value), x2: this.X(value), y1: box.top, y2: box.bottom, class: value === 0 && xRange[0] < 0 ? "zero" : "grid" }),
      make("text", { x: this.X(value), y: box.bottom + 13, "text-anchor": "middle" }, this.xText(value)));
    for (const value of ticks(...yRange, small ? 4 : this.most)) axes.append(
      make("line", { x1: box.left, x2: box.right, y1: this.Y(value), y2: this.Y(value), class: value === 0 && yRange[0] < 0 ? "zero" : "grid" }),
      make("text", { x: box.left - 5, y: this.Y(value) + 3.5, "text-anchor": "end" }, this.yText(value)));
    axes.append(make("text", { x: box.left, y: 12, class: "title" }, this.name));
    if (this.xLabel) axes.append(make("text", { x: (box.left + box.right) / 2, y: height - 5, "text-anchor": "middle" }, this.xLabel));
    const shape = make("clipPath", { id: this.clip }, make("rect", { x: box.left, y: box.top - 1, width: box.right - box.left, height: box.bottom - box.top + 2 }));
    this.svg.replaceChildren(shape, axes, this.lines);
  }
  curve(xs, ys, stroke) {
    let path = "", drawn = false;
    for (let i = 0; i < xs.length; i += 1) {
      if (!Number.isFinite(ys[i])) { drawn = false; continue; }
      path += `${drawn ? "L" : "M"}${this.X(xs[i]).toFixed(2)} ${Math.max(-9999, Math.min(9999, this.Y(ys[i]))).toFixed(2)}`;
      drawn = true;
    }
    this.lines.append(make("path", { d: path || "M0 0", class: `curve ${stroke.kind || ""}`, stroke: stroke.colour, "stroke-dasharray": stroke.dash || null }));
  }
  dot(x, y, stroke, hollow = false) {
    if (Number.isFinite(y)) this.lines.append(make("circle", { cx: this.X(x), cy: this.Y(y), r: 3.5, class: hollow ? "dot hollow" : "dot", stroke: stroke.colour, fill: stroke.colour }));
  }
  rule(from, to, kind) {
    this.lines.append(make("line", { x1: this.X(from[0]), y1: this.Y(from[1]), x2: this.X(to[0]), y2: this.Y(to[1]), class: kind }));
  }
  named(text, y, stroke) {
    if (Number.isFinite(y)) this.ends.push({ text, stroke, at: Math.max(this.box.top + 5, Math.min(this.box.bottom, this.Y(y))) });
  }
  // Write the names of the curves at their ends, apart; label is what the whole panel is called.
  finish(label) {
    if (!this.small) {
      const placed = spread(this.ends.map((end) => end.at), 13, this.box.top + 5, this.box.bottom);
      this.ends.forEach((end, i) => {
        const x = this.box.right;
        this.svg.append(make("line", { x1: x + 1, x2: x + 7, y1: end.at, y2: placed[i], stroke: end.stroke.colour, class: "lead" }));
        this.svg.append(make("text", { x: x + 9, y: placed[i] + 3.5, class: "name", style: `--tone: ${end.stroke.colour}` }, end.text));
      });
    }
    this.svg.setAttribute("aria-label", label);
  }
}

// A labelled range input; read() is its number, shows(number) the text beside it and what a screen reader says.
const slider = ({ name, spoken = name, low, high, step, value, shows, moved }) => {
  const id = unique("slider");
  const input = make("input", { type: "range", id, min: low, max: high, step, "aria-label": spoken === name ? null : spoken });
  const value_ = make("span", { class: "value" });
  const node = make("div", { class: "slide" }, make("label", { for: id }, ...lowered(name)), input, value_);
  const tell = () => {
    value_.textContent = shows(Number(input.value));
    input.setAttribute("aria-valuetext", value_.textContent);
  };
  input.value = value;
  input.addEventListener("input", () => { tell(); moved(Number(input.value)); });
  tell();
  return { node, input, set: (to, text) => { input.value = to; tell(); if (text) { value_.textContent = text; input.setAttribute("aria-valuetext", text); } } };
};

const option = (value, text, chosen) => { const node = make("option", { value }, text); node.selected = chosen; return node; };
// A select of functions, family by family.
const chooser = (functions, chosen, spoken, changed) => {
  const select = make("select", { "aria-label": spoken });
  for (const family of new Set(functions.map((one) => one.family))) {
    const members = functions.map((one, i) => [one, i]).filter(([one]) => one.family === family);
    select.append(make("optgroup", { label: family }, ...members.map(([one, i]) => option(i, one.label, i === chosen))));
  }
  select.addEventListener("change", () => changed(Number(select.value)));
  return select;
};
const button = (text, pressed, spoken = null) => {
  const node = make("button", { type: "button", "aria-label": spoken }, text);
  node.addEventListener("click", pressed);
  return node;
};

// Colour of the family, or a function's own among grey ones, as the page has it by day or by night, and a dash that
// tells those of one colour apart. What the configuration brought along is drawn heavier.
const tone = (colour) => /^#[0-9a-f]{6}$/.test(colour) ? `var(--c-${colour.slice(1)}, ${colour})` : "currentColor";
const strokes = (chosen, dashes) => chosen.map((one, i) => {
  const rank = chosen.slice(0, i).filter((other) => other.colour === one.colour).length;
  return { colour: tone(one.colour), dash: dashes[rank % dashes.length], kind: one.own === true ? "own" : "" };
});
const swatch = (stroke) => make("svg", { class: "swatch", viewBox: "0 0 26 8", "aria-hidden": "true" },
  make("path", { d: "M1 4H25", class: `curve ${stroke.kind || ""}`, stroke: stroke.colour, "stroke-dasharray": stroke.dash || null }));

// A line that screen readers read out when a hand rests, not at every step of a slide.
const teller = () => {
  const node = make("p", { class: "told", role: "status" });
  let waiting = 0;
  return { node, say: (text) => { clearTimeout(waiting); waiting = setTimeout(() => { node.textContent = text; }, 500); } };
};
// Words in which σ_w and σ_b stand as a reader writes them, with their letters lowered.
const lowered = (text) => text.split(/(σ_[wb])/).map((part) => /^σ_/.test(part) ? make("span", {}, "σ", make("sub", {}, part[2])) : part);
const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, ...lowered(value)));
