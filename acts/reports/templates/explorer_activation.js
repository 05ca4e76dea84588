// The activation explorer: value, derivative and second derivative of a few functions whose parameters slide.

const MOST = 4;
const SPAN = 5;

const activationExplorer = (root, data) => {
  const state = {};
  const begin = () => {
    state.scale = data.scales.indexOf(1);
    state.x = 1;
    state.chosen = data.chosen.map((which) => fresh(which));
  };
  const fresh = (which) => ({ which, levels: data.functions[which].letters.map((letter) => letter.start) });
  const of = (one) => data.functions[one.which];
  const letters = (one) => ({ ...of(one).others, ...Object.fromEntries(of(one).letters.map((letter, i) => [letter.name, letter.levels[one.levels[i]]])) });
  const scale = () => data.scales[state.scale];
  // What mathematics says at these levels: the table runs through the levels of the last parameter first.
  const facts = (one) => {
    const place = of(one).letters.reduce((total, letter, i) => total * letter.levels.length + one.levels[i], 0);
    const table = of(one).table, number = (value) => value === null ? NaN : Number(String(value).replace("inf", "Infinity"));
    return {
      infimum: number(table.infimum[place]), place: number(table.minimum_x[place]) / scale(),
      lipschitz: number(table.lipschitz[place]) * scale(),
      sigma_w: number(table.sigma_w[place][state.scale]), sigma_b: number(table.sigma_b[place][state.scale]),
    };
  };

  const narrow = () => root.clientWidth < 560;
  const plots = [
    new Plot("f(x)", { height: () => narrow() ? 190 : 336, xLabel: "x", margin: 92 }),
    new Plot("f′(x)", { height: () => narrow() ? 124 : 166, margin: 16, most: 4 }),
    new Plot("f″(x)", { height: () => narrow() ? 124 : 166, margin: 16, most: 4 }),
  ];
  const cards = make("div", { class: "cards" });
  const voice = teller();
  const scaler = slider({
    name: "input scale s", low: 0, high: data.scales.length - 1, step: 1, value: 0,
    shows: (i) => `s = ${told(data.scales[i])}`, moved: (i) => { state.scale = i; draw(); say(state.chosen); },
  });
  const reader = slider({
    name: "read at x", low: -SPAN, high: SPAN, step: 0.05, value: 1, shows: (x) => `x = ${told(x)}`,
    moved: (x) => { state.x = x; draw(); say(state.chosen, true); },
  });
  const adder = button("Add a function", () => {
    const taken = new Set(state.chosen.map((one) => one.which));
    state.chosen.push(fresh(data.functions.findIndex((_, i) => !taken.has(i) && data.functions[i].elsewhere !== true)));
    compose();
    cards.lastElementChild.querySelector("select").focus();
  });
  const again = button("Start again", () => { begin(); scaler.set(state.scale); reader.set(state.x); compose(); });
  root.append(
    make("div", { class: "plots thirds" }, ...plots.map((plot) => plot.node)),
    make("div", { class: "knobs" }, scaler.node, reader.node), cards,
    make("div", { class: "buttons" }, adder, again), voice.node);

  const compose = () => {
    adder.disabled = state.chosen.length >= MOST;
    cards.replaceChildren(...state.chosen.map(card));
    draw();
  };
  const card = (one, rank) => {
    const own = of(one), node = make("div", { class: "card", role: "group", "aria-label": `Function ${rank + 1}` });
    const select = chooser(data.functions, one.which, `Function ${rank + 1}`, (which) => {
      state.chosen[rank] = fresh(which);
      compose();
      cards.children[rank].querySelector("select").focus();
      say([state.chosen[rank]]);
    });
    const remove = button("×", () => {
      state.chosen.splice(rank, 1);
      compose();
      cards.children[Math.min(rank, state.chosen.length - 1)].querySelector("select").focus();
    }, `Remove ${own.label}`);
    remove.disabled = state.chosen.length === 1;
    one.mark = make("span", { class: "mark" });
    one.shown = make("dl");
    node.append(make("div", { class: "head" }, one.mark, select, remove));
    const formula = root.querySelector(`[data-formula="${one.which}"] math`);
    if (formula) node.append(make("div", { class: "formula" }, formula.cloneNode(true)));
    own.letters.forEach((letter, i) => node.append(slider({
      name: letter.label, spoken: `${letter.label} of ${own.label}`, low: 0, high: letter.levels.length - 1, step: 1, value: one.levels[i],
      shows: (level) => told(letter.levels[level]), moved: (level) => { one.levels[i] = level; draw(); say([one]); },
    }).node));
    node.append(one.shown);
    return node;
  };

  const stable = (found) => Number.isNaN(found.sigma_w) ? "none" : `σ_w ${told(found.sigma_w)}, σ_b ${told(found.sigma_b)}`;
  const lowest = (found) => {
    if (found.infimum === -Infinity) return "none: falls without end";
    if (Number.isNaN(found.infimum)) return "unknown";
    return Number.isNaN(found.place) ? `none: only nears ${told(found.infimum)}` : `${told(found.infimum)} at x = ${told(found.place)}`;
  };
  const read = (one) => {
    const s = scale(), found = evaluate(of(one).tree, letters(one), Float64Array.of(s * state.x));
    return found.map(([value], order) => value * s ** order);
  };
  const titled = (one) => {
    const set = of(one).letters.map((letter, i) => `${letter.label} = ${told(letter.levels[one.levels[i]])}`);
    return [of(one).label, ...set].join(", ");
  };
  // The name at a curve's end, with its levels where the same function is drawn twice.
  const ending = (one) => {
    const twice = state.chosen.filter((other) => other.which === one.which).length > 1;
    return [of(one).label, ...(twice ? of(one).letters.map((letter, i) => told(letter.levels[one.levels[i]])) : [])].join(" ");
  };
  const say = (ones, points = false) => voice.say(ones.map((one) => {
    const found = facts(one), values = read(one);
    const here = `at x = ${told(state.x)}: f ${told(values[0])}, f′ ${told(values[1])}, f″ ${told(values[2])}`;
    return `${titled(one)}, s = ${told(scale())}: ${points ? here : `minimum ${lowest(found)}; Lipschitz constant ${told(found.lipschitz)}; stable init ${stable(found)}`}.`;
  }).join(" "));

  // Points of the three curves of one function, with both sides of every turn and a gap where a curve jumps.
  const sampled = (one) => {
    const s = scale(), tree = of(one).tree, own = letters(one), even = [];
    for (let i = 0; i <= 500; i += 1) even.push((i / 250 - 1) * SPAN);
    const sides = turns(tree, own, -SPAN * s, SPAN * s).map(([a, b]) => [a / s, b / s]);
    const xs = Float64Array.from([...even, ...sides.flat()]).sort();
    const ys = evaluate(tree, own, xs.map((x) => x * s)).map((curve, order) => curve.map((value) => value * s ** order));
    const gaps = new Set(sides.map(([, right]) => right));
    return ys.map((curve) => {
      const points = { x: [], y: [] };
      xs.forEach((x, i) => {
        if (gaps.has(x) && i && Math.abs(curve[i] - curve[i - 1]) > 1e-6 * (1 + Math.abs(curve[i]))) { points.x.push(x); points.y.push(NaN); }
        points.x.push(x);
        points.y.push(curve[i]);
      });
      return points;
    });
  };
  const range = (curves) => {
    const finite = curves.flatMap((curve) => curve.y.filter(Number.isFinite));
    const high = Math.max(0.2, ...finite), low = Math.min(-0.2, ...finite);
    return [-roomy(-low), roomy(high)];
  };
  const draw = () => {
    const all = state.chosen.map(sampled), styles = strokes(state.chosen.map(of), data.dashes);
    plots.forEach((plot, order) => {
      plot.begin([-SPAN, SPAN], range(all.map((curves) => curves[order])));
      plot.rule([state.x, -1e3], [state.x, 1e3], "cursor");
      state.chosen.forEach((one, i) => plot.curve(all[i][order].x, all[i][order].y, styles[i]));
    });
    state.chosen.forEach((one, i) => {
      const values = read(one), found = facts(one);
      plots.forEach((plot, order) => plot.dot(state.x, values[order], styles[i]));
      if (Math.abs(found.place) <= SPAN) plots[0].dot(found.place, found.infimum, styles[i], true);
      plots[0].named(ending(one), all[i][0].y[all[i][0].y.length - 1], styles[i]);
      one.mark.replaceChildren(swatch(styles[i]));
      one.shown.replaceChildren(
        fact("minimum", lowest(found)), fact("Lipschitz constant", told(found.lipschitz)), fact("stable init", stable(found)),
        fact(`x = ${told(state.x)}`, `f ${told(values[0])}, f′ ${told(values[1])}, f″ ${told(values[2])}`));
    });
    const names = state.chosen.map(titled).join("; ");
    plots.forEach((plot) => plot.finish(`${plot.name} of ${names}, for x from −${SPAN} to ${SPAN}, input scale ${told(scale())}`));
  };
  begin();
  scaler.set(state.scale);
  reader.set(state.x);
  compose();
  root.explorer = {
    evaluate: (name, own, xs) => {
      const which = data.functions.findIndex((one) => one.name === name);
      return evaluate(data.functions[which].tree, { ...letters(fresh(which)), ...own }, Float64Array.from(xs));
    },
  };
  return draw;
};
