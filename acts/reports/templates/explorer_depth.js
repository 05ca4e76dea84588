// The depth explorer: what an infinitely wide random network does to lengths and gradients, layer by layer.

const FAR = 9; // standard deviations beyond which the normal density counts as nothing
const LARGEST = 1e6, LEAST = 1e-30;

// Panels of the line on which a function is known, all its turns among their ends.
const panelsOf = (tree, letters) => {
  const ends = [0];
  for (let x = 1e-22; x < 2; x *= 1.5) ends.push(x);
  for (let x = 2; x < 16; x += 1) ends.push(x);
  for (let x = 16; x < 900; x += 4) ends.push(x);
  for (let x = 900; x < 1.2 * FAR * Math.sqrt(LARGEST); x *= 1.25) ends.push(x);
  const middles = turns(tree, letters, -40, 40).map(([a, b]) => (a + b) / 2);
  return Array.from(new Set([...ends, ...ends.map((x) => -x), ...middles])).sort((a, b) => a - b);
};

// Gauss–Legendre nodes on all panels with f² and f′² there: E g(√q z), z ~ N(0, 1), is a sum for any q.
const gaussian = (tree, letters, rule) => {
  const ends = panelsOf(tree, letters), xs = [], weights = [];
  for (let i = 0; i + 1 < ends.length; i += 1) {
    const half = (ends[i + 1] - ends[i]) / 2, middle = (ends[i + 1] + ends[i]) / 2;
    rule.nodes.forEach((node, k) => { xs.push(middle + half * node); weights.push(half * rule.weights[k]); });
  }
  const x = Float64Array.from(xs), [value, slope] = evaluate(tree, letters, x);
  const square = value.map((y) => y * y), slopeSquare = slope.map((y) => y * y);
  const from = (limit) => { // the first node at or right of a place
    let low = 0, high = x.length;
    while (low < high) { const middle = (low + high) >> 1; if (x[middle] < limit) low = middle + 1; else high = middle; }
    return low;
  };
  const kept = new Map(); // lengths come back: those of the map at every move, those of the layers at most
  const moments = (q) => {
    const reach = FAR * Math.sqrt(q), scale = 1 / Math.sqrt(2 * Math.PI * q);
    let second = 0, slopeSecond = 0, weighted = 0;
    for (let i = from(-reach), stop = from(reach); i < stop; i += 1) {
      const mass = weights[i] * scale * Math.exp(-x[i] * x[i] / (2 * q));
      second += mass * square[i];
      slopeSecond += mass * slopeSquare[i];
      weighted += mass * square[i] * x[i] * x[i];
    }
    return { second, slopeSecond, secondSlope: (weighted / q - second) / (2 * q) };
  };
  return (q) => {
    if (kept.size > 5000) kept.clear();
    if (!kept.has(q)) kept.set(q, moments(q));
    return kept.get(q);
  };
};

// Lengths q and factors χ of hidden layers 1, 2, … as far as lengths stay within what is drawn.
const signal = (moments, { sigmaW, sigmaB, start, depth }) => {
  const q = [start], chi = [];
  for (let layer = 0; layer < depth; layer += 1) {
    const now = q[q.length - 1];
    if (!(now > LEAST && now < LARGEST)) break;
    const found = moments(now);
    chi.push(sigmaW * sigmaW * found.slopeSecond);
    q.push(sigmaW * sigmaW * found.second + sigmaB * sigmaB);
  }
  return { q: q.slice(0, chi.length), chi, next: q[q.length - 1] };
};

// The length at which the map meets the diagonal in the direction that it takes from q; 0 or ∞ where it never does.
const settled = (moments, { sigmaW, sigmaB, start }) => {
  const excess = (q) => (sigmaW * sigmaW * moments(q).second + sigmaB * sigmaB) / q - 1;
  const first = excess(start);
  if (Math.abs(first) < 1e-9) return start;
  const factor = first > 0 ? 2 : 0.5;
  for (let q = start; q > LEAST && q < LARGEST / 2; q *= factor) {
    if (excess(q * factor) * first > 0) continue;
    let low = Math.min(q, q * factor), high = Math.max(q, q * factor);
    const rising = excess(low) > 0;
    for (let round = 0; round < 60; round += 1) {
      const middle = Math.sqrt(low * high);
      if ((excess(middle) > 0) === rising) low = middle; else high = middle;
    }
    return Math.sqrt(low * high);
  }
  return first > 0 ? Infinity : 0;
};

const depthExplorer = (root, data) => {
  const state = {};
  const known = new Map();
  const momentsOf = (which) => {
    if (!known.has(which)) known.set(which, gaussian(data.functions[which].tree, data.functions[which].others, data.rule));
    return known.get(which);
  };
  const begin = () => Object.assign(state, { ...data.start, chosen: [...data.chosen], preset: "he" });
  const of = (which) => data.functions[which];
  const narrow = () => root.clientWidth < 560;
  const power = (value) => Number.isInteger(value) ? `10${raised(value)}` : "";
  const plots = [
    new Plot("length map: next q", { height: () => narrow() ? 180 : 240, xLabel: "q", xText: power, yText: power, margin: 14 }),
    new Plot("length q", { height: () => narrow() ? 130 : 240, xLabel: "layer", yText: power, margin: 14 }),
    new Plot("gradient factor χ", { height: () => narrow() ? 130 : 240, xLabel: "layer", margin: 62 }),
  ];
  const cards = make("div", { class: "cards" });
  const voice = teller();
  const moved = (name) => (value) => {
    state[name] = name === "start" ? 10 ** value : value;
    if (name === "sigmaW" || name === "sigmaB") { state.preset = ""; presets.value = ""; }
    draw();
    say();
  };
  const knob = (name, label, spoken, low, high, step, shows) => slider({ name: label, spoken, low, high, step, value: low, shows, moved: moved(name) });
  const knobs = {
    sigmaW: knob("sigmaW", "σ_w", "σw, the scale of the weights", 0.2, 3, 0.01, (value) => told(value, 4)),
    sigmaB: knob("sigmaB", "σ_b", "σb, the scale of the biases", 0, 1.5, 0.01, (value) => told(value, 4)),
    depth: knob("depth", "depth", "depth in layers", 2, 200, 1, (value) => `${value} layers`),
    start: knob("start", "q at layer 1", "length q at layer 1", -2, 2, 0.05, (value) => told(10 ** value)),
  };
  const presets = make("select", { id: unique("init") });
  const adder = button("Add a function", () => {
    state.chosen.push(data.functions.findIndex((_, i) => !state.chosen.includes(i)));
    compose();
    cards.lastElementChild.querySelector("select").focus();
  });
  const again = button("Start again", () => { begin(); compose(); });
  root.append(
    make("div", { class: "plots row" }, ...plots.map((plot) => plot.node)),
    make("div", { class: "knobs" },
      knobs.sigmaW.node, knobs.sigmaB.node, knobs.depth.node, knobs.start.node,
      make("div", { class: "slide" }, make("label", { for: presets.id }, "init"), presets)),
    cards, make("div", { class: "buttons" }, adder, again), voice.node);

  const inits = () => [
    ...data.inits.map((init) => ({ key: init.name, text: init.label, sigmaW: init.sigma_w, sigmaB: init.sigma_b })),
    ...["stable", "critical"].flatMap((rule) => Array.from(new Set(state.chosen)).filter((which) => of(which)[rule]).map((which) => ({
      key: `${rule}-${which}`, text: `${rule} for ${of(which).label}`, sigmaW: of(which)[rule][0], sigmaB: of(which)[rule][1], start: of(which)[rule][2],
    }))),
  ];
  presets.addEventListener("change", () => {
    const init = inits().find((one) => one.key === presets.value);
    state.preset = presets.value;
    if (init) Object.assign(state, { sigmaW: init.sigmaW, sigmaB: init.sigmaB }, init.start ? { start: init.start } : {});
    place();
    draw();
    say();
  });
  // Set the sliders to the state, whose numbers may lie between their steps.
  const place = () => {
    knobs.sigmaW.set(state.sigmaW, told(state.sigmaW, 4));
    knobs.sigmaB.set(state.sigmaB, told(state.sigmaB, 4));
    knobs.depth.set(state.depth);
    knobs.start.set(Math.log10(state.start), told(state.start));
  };
  const compose = () => {
    adder.disabled = state.chosen.length >= MOST;
    const known_ = inits();
    if (!known_.some((init) => init.key === state.preset)) state.preset = "";
    presets.replaceChildren(option("", "as the sliders stand", state.preset === ""), ...known_.map((init) => option(init.key, init.text, init.key === state.preset)));
    cards.replaceChildren(...state.chosen.map(card));
    place();
    draw();
  };
  const shown = [];
  const card = (which, rank) => {
    const node = make("div", { class: "card", role: "group", "aria-label": `Function ${rank + 1}` });
    const select = chooser(data.functions, which, `Function ${rank + 1}`, (other) => {
      state.chosen[rank] = other;
      compose();
      cards.children[rank].querySelector("select").focus();
      say();
    });
    const remove = button("×", () => {
      state.chosen.splice(rank, 1);
      compose();
      cards.children[Math.min(rank, state.chosen.length - 1)].querySelector("select").focus();
    }, `Remove ${of(which).label}`);
    remove.disabled = state.chosen.length === 1;
    shown[rank] = { mark: make("span", { class: "mark" }), facts: make("dl") };
    node.append(make("div", { class: "head" }, shown[rank].mark, select, remove), shown[rank].facts);
    return node;
  };

  const ending = (which) => {
    const q = settled(momentsOf(which), state);
    if (q === Infinity) return "grows without end";
    if (q === 0) return "shrinks to 0";
    const slope = state.sigmaW ** 2 * momentsOf(which)(q).secondSlope;
    const kept = Math.abs(slope - 1) < 1e-6 ? "kept as it is" : slope < 1 ? "attracts" : "drives away";
    return `${told(q)} (${kept}: slope ${told(slope)})`;
  };
  const passed = (found) => {
    if (found.chi.length < state.depth) return "length leaves the chart";
    const logs = found.chi.slice(0, -1).reduce((total, chi) => total + Math.log10(chi), 0);
    return `× ${logs > -3 && logs < 4 ? told(10 ** logs) : `10${raised(Math.round(logs))}`}`;
  };
  const last = (list) => list[list.length - 1];
  const say = () => voice.say([`σ_w ${told(state.sigmaW)}, σ_b ${told(state.sigmaB)}, ${state.depth} layers.`, ...state.chosen.map((which) => {
    const found = signal(momentsOf(which), state);
    return `${of(which).label}: q settles at ${ending(which)}; χ in the last layer ${told(last(found.chi))}; squared gradient at layer 1 ${passed(found)}.`;
  })].join(" "));

  const drawMap = (plot, styles) => {
    const low = -3, high = 3, logs = [];
    for (let at_ = low; at_ <= high + 1e-9; at_ += 0.1) logs.push(at_);
    plot.margin = narrow() ? 62 : 14; // names stand where there is room: here, or beside the factors
    plot.begin([low, high], [low, high]);
    plot.rule([low, low], [high, high], "diagonal");
    state.chosen.forEach((which, i) => {
      const next = logs.map((log) => Math.log10(state.sigmaW ** 2 * momentsOf(which)(10 ** log).second + state.sigmaB ** 2));
      plot.curve(logs, next, styles[i]);
      if (narrow()) plot.named(of(which).label, last(next), styles[i]);
      const path = signal(momentsOf(which), { ...state, depth: Math.min(state.depth, 25) }).q.map(Math.log10), steps = { x: [], y: [] };
      path.forEach((log, k) => { if (k) { steps.x.push(path[k - 1], log); steps.y.push(log, log); } else { steps.x.push(log); steps.y.push(log); } });
      plot.curve(steps.x, steps.y, { ...styles[i], dash: "", kind: "thin" });
      plot.dot(path[0], path[0], styles[i]);
    });
  };
  const draw = () => {
    const styles = strokes(state.chosen.map(of), data.dashes), all = state.chosen.map((which) => signal(momentsOf(which), state));
    drawMap(plots[0], styles);
    const logs = all.map((found) => found.q.map(Math.log10)), flat = logs.flat();
    plots[1].begin([1, state.depth], [Math.max(-8, Math.floor(Math.min(-1, ...flat))), Math.min(6, Math.ceil(Math.max(1, ...flat)))]);
    plots[2].begin([1, state.depth], [0, roomy(Math.max(1.2, ...all.flatMap((found) => found.chi)))]);
    plots[2].rule([1, 1], [state.depth, 1], "diagonal");
    state.chosen.forEach((which, i) => {
      const layers = all[i].q.map((_, layer) => layer + 1);
      plots[1].curve(layers, logs[i], styles[i]);
      plots[2].curve(layers, all[i].chi, styles[i]);
      plots[2].named(of(which).label, last(all[i].chi), styles[i]);
      shown[i].mark.replaceChildren(swatch(styles[i]));
      shown[i].facts.replaceChildren(
        fact("q settles at", ending(which)), fact("χ in the last layer", told(last(all[i].chi))),
        fact(`gradient² after ${state.depth} layers`, passed(all[i])));
    });
    const names = state.chosen.map((which) => of(which).label).join(", ");
    plots.forEach((plot) => plot.finish(`${plot.name} of ${names} at σ_w ${told(state.sigmaW)}, σ_b ${told(state.sigmaB)}, ${state.depth} layers`));
  };
  begin();
  compose();
  const named = (name) => data.functions.findIndex((one) => one.name === name);
  root.explorer = { signal: (name, given) => signal(momentsOf(named(name)), given), settled: (name, given) => settled(momentsOf(named(name)), given) };
  return draw;
};
