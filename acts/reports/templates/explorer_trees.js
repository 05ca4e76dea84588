// Trees: formulas that arrive as lists of steps, evaluated at many points at once. Nothing here is compiled or run as
// code: a step's name is looked up among the operations below, and a name that is not there is an error.

const erfOf = (x) => {
  const a = Math.abs(x);
  if (!(a < 6)) return Number.isNaN(x) ? NaN : Math.sign(x);
  if (a > 2.5) return Math.sign(x) * (1 - erfcFar(a));
  let term = a, total = a;
  for (let n = 1; term > 1e-17 * total; n += 1) { term *= 2 * a * a / (2 * n + 1); total += term; }
  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * total;
};
// The continued fraction of the complement for x > 2.5, from its far end.
const erfcFar = (x) => {
  let tail = x;
  for (let k = 60; k > 0; k -= 1) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
};
const erfcOf = (x) => x > 2.5 ? erfcFar(x) : 1 - erfOf(x);

const OPERATIONS = {
  add: (a, b) => a + b,
  times: (a, b) => a === 0 || b === 0 ? 0 : a * b, // only an exponential is ever infinite beside 0, and 0 is its limit
  power: (a, b) => b === 2 ? a * a : b === -1 ? 1 / a : Math.pow(a, b),
  exp: Math.exp, log: Math.log, sin: Math.sin, cos: Math.cos, tan: Math.tan, sinh: Math.sinh, cosh: Math.cosh,
  tanh: Math.tanh, asinh: Math.asinh, atan: Math.atan, abs: Math.abs, sign: Math.sign, erf: erfOf, erfc: erfcOf,
  sigmoid: (u) => 1 / (1 + Math.exp(-u)),
  softplus: (u) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))),
  below: (a, b) => a < b ? 1 : 0,
  at_most: (a, b) => a <= b ? 1 : 0,
  and: (a, b) => a && b ? 1 : 0,
  or: (a, b) => a || b ? 1 : 0,
  where: (chosen, yes, no) => chosen ? yes : no,
};
const FOLDED = new Set(["add", "times", "and", "or"]);
const TURNING = new Set(["below", "at_most", "sign", "abs"]);

const at = (value, i) => typeof value === "number" ? value : value[i];
const lifted = (operation, values, count) => {
  if (values.every((value) => typeof value === "number")) return operation(...values);
  const found = new Float64Array(count), [a, b, c] = values;
  for (let i = 0; i < count; i += 1) found[i] = operation(at(a, i), b === undefined ? 0 : at(b, i), c === undefined ? 0 : at(c, i));
  return found;
};

// All steps of a tree at points xs: numbers where a step does not depend on x, arrays where it does.
const walk = (tree, letters, xs) => {
  const found = [];
  for (const [name, ...rest] of tree.steps) {
    if (name === "x") found.push(xs);
    else if (name === "number") found.push(rest[0]);
    else if (name === "letter") found.push(letters[rest[0]]);
    else if (name === "nothing") found.push(NaN);
    else if (!Object.hasOwn(OPERATIONS, name)) throw new Error(`a tree has no operation ${name}`);
    else {
      const values = rest.map((step) => found[step]), operation = OPERATIONS[name];
      found.push(FOLDED.has(name)
        ? values.slice(1).reduce((total, value) => lifted(operation, [total, value], xs.length), values[0])
        : lifted(operation, values, xs.length));
    }
  }
  return found;
};

// f, f′ (and f″ where the tree has it) at points xs.
const evaluate = (tree, letters, xs) => {
  const found = walk(tree, letters, xs);
  return tree.outputs.map((step) => Float64Array.from(xs, (_, i) => at(found[step], i)));
};

// The places where a case of the formula begins or an absolute value turns, between low and high, to the last bit:
// pairs of neighbouring numbers.
const turns = (tree, letters, low, high, count = 4000) => {
  const places = new Map();
  const watched = tree.steps.map(([name], step) => TURNING.has(name) ? step : -1).filter((step) => step >= 0);
  if (!watched.length) return [];
  const state = (found, i) => watched.map((step) => {
    const [name, first] = tree.steps[step];
    return name === "abs" ? Math.sign(at(found[first], i)) : at(found[step], i);
  }).join();
  const stateAt = (x) => state(walk(tree, letters, Float64Array.of(x)), 0);
  const xs = Float64Array.from({ length: count + 1 }, (_, i) => low + (high - low) * (i + 0.137) / (count + 0.3));
  const found = walk(tree, letters, xs);
  for (let i = 0; i < count; i += 1) {
    const left = state(found, i);
    if (left === state(found, i + 1)) continue;
    let a = xs[i], b = xs[i + 1];
    for (let round = 0; round < 60; round += 1) {
      const middle = (a + b) / 2;
      if (middle === a || middle === b) break;
      if (stateAt(middle) === left) a = middle; else b = middle;
    }
    places.set(a, [a, b]);
  }
  return [...places.values()];
};
