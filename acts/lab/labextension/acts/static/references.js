"use strict";
// References: what the report resolves and JupyterLab shows as it was typed. In a notebook `@fig-flow` becomes
// "Figure 2", a link to its cell, a formula marked {#eq-flow} gets its number, and [@he2015] becomes (He et al. 2015)
// with the title, and a link where the bibliography has one. Numbers count within the notebook. Its text stays as it is.
(() => {
  const NAMES = { fig: "Figure", tbl: "Table", eq: "Equation" };
  const NAMED = /^#\| label: ((?:fig|tbl)-[\w-]+)|\{#(eq-[\w-]+)\}/gm;
  const MARKS = [
    /(?<code>(`+)[^]*?\2)/,
    /\$\$(?<formula>[^$]+)\$\$\s*\{#(?<numbered>eq-[\w-]+)\}/,
    /\[(?<sources>@\w+(?:; @\w+)*)\]/,
    /@(?<label>(?:fig|tbl|eq)-[\w-]*\w)/,
  ];
  const MARK = new RegExp(MARKS.map((part) => part.source).join("|"), "g");
  const ACCENTS = { "'": "\u0301", '"': "\u0308", "`": "\u0300", "^": "\u0302", "~": "\u0303", c: "\u0327" };
  const BIBLIOGRAPHY = "reports/references.bib";

  /** The name, the number and the cell of everything that a notebook numbers, by label; from its cells' texts. */
  function numbered(cells) {
    const found = new Map();
    const counts = {};
    for (const [cell, text] of cells.entries())
      for (const [, shown, formula] of text.matchAll(NAMED)) {
        const label = shown ?? formula;
        const kind = label.split("-")[0];
        counts[kind] = (counts[kind] ?? 0) + 1;
        found.set(label, { name: `${NAMES[kind]} ${counts[kind]}`, where: `#${label}`, number: counts[kind], cell });
      }
    return found;
  }

  function cellsOf(model) {
    return Array.from({ length: model.cells.length }, (_, cell) => model.cells.get(cell).sharedModel.getSource());
  }

  /** What the other notebooks of a folder number, by label, each named with its notebook. */
  async function beside(contents, path) {
    const folder = (await contents.get(path.split("/").slice(0, -1).join("/"), { content: true })).content;
    const others = folder.filter((one) => one.type === "notebook" && one.path !== path);
    const read = others.map(async (one) => {
      const { cells } = (await contents.get(one.path, { content: true })).content;
      const stem = one.name.replace(/\.ipynb$/, "");
      return [...numbered(cells.map((cell) => [cell.source].flat().join("")))].map(([label, { name }]) =>
        [label, { name: `${name} of ${stem}`, where: `${one.name}#${label}` }]);
    });
    return new Map((await Promise.all(read)).flat());
  }

  /** The entries of a BibTeX file by key: whom one cites, the title, and where it stands in the net. */
  function bibliography(text) {
    const found = new Map();
    for (const [, key, body] of text.matchAll(/^@\w+\{(\w+),([^]*?)\n\}/gm)) {
      const fields = Object.fromEntries(
        [...body.matchAll(/^\s*(\w+)\s*=\s*\{(.*)\},?$/gm)].map(([, name, value]) => [name, plain(value)]),
      );
      const names = (fields.author ?? key).split(" and ").map((one) => one.split(",")[0]);
      const who = names.length > 2 ? `${names[0]} et al.` : names.join(" and ");
      const paper = fields.eprint && `https://arxiv.org/abs/${fields.eprint}`;
      const where = fields.doi ? `https://doi.org/${fields.doi}` : (fields.url ?? paper);
      found.set(key, { who: `${who} ${fields.year}`, title: fields.title ?? "", where });
    }
    return found;
  }

  function plain(text) {
    const letters = text.replace(/\{\\(['"`^~c])\{?(\w)\}?\}/g, (_, accent, letter) => letter + ACCENTS[accent]);
    return letters.replace(/[{}]/g, "").replace(/--/g, "–").normalize();
  }

  function escaped(text) {
    return text.replace(/[&<>"]/g, (one) => `&#${one.codePointAt(0)};`);
  }

  function link(name, where, title = "") {
    const tag = where ? `a href="${escaped(where)}"` : "span";
    return `<${tag} title="${escaped(title)}">${escaped(name)}</${tag.split(" ")[0]}>`;
  }

  /** A text, markdown or HTML of the review, with its marks in words; what is not known stays. */
  function told(text, labels, sources) {
    return text.replace(MARK, (...found) => {
      const mark = found.at(-1);
      if (mark.numbered) return `$$${mark.formula} \\qquad\\text{(${labels.get(mark.numbered).number})}$$`;
      const named = labels.get(mark.label);
      if (named) return link(named.name, named.where);
      const cited = mark.sources?.split("; ").map((key) => sources.get(key.slice(1)));
      if (!cited?.every(Boolean)) return found[0];
      return `(${cited.map((one) => link(one.who, one.where, one.title)).join("; ")})`;
    });
  }

  /** Have one kind of text shown with its marks in words, by whatever shows it otherwise. */
  function wrap(rendermime, type, worded) {
    const shows = rendermime.getFactory(type);
    const createRenderer = (options) => {
      const renderer = shows.createRenderer(options);
      const render = renderer.renderModel.bind(renderer);
      renderer.renderModel = async (model) => {
        const data = { ...model.data, [type]: await worded(String(model.data[type])) };
        return render(Object.create(model, { data: { value: data } }));
      };
      return renderer;
    };
    rendermime.addFactory({ ...shows, safe: shows.safe, mimeTypes: [type], createRenderer }, rendermime.getRank(type));
  }

  /** Whether a text names what a notebook does not number. */
  function elsewhere(text, labels) {
    return [...text.matchAll(MARK)].some(({ groups }) => groups.label && !labels.has(groups.label));
  }

  /** Read the bibliography that stands beside the notebooks' folder; nothing where there is none. */
  async function read(contents, notebook) {
    const path = [...notebook.split("/").slice(0, -2), BIBLIOGRAPHY].join("/");
    try {
      return bibliography((await contents.get(path, { type: "file", format: "text", content: true })).content);
    } catch {
      return new Map();
    }
  }

  /** Show the cell that a link within the notebook means, and not only what is laid out already. */
  async function go(event, notebook) {
    const label = event.target.closest?.("a[href^='#']")?.getAttribute("href").slice(1);
    const found = numbered(cellsOf(notebook.model)).get(label);
    if (!found) return;
    event.preventDefault();
    event.stopPropagation();
    notebook.activeCellIndex = found.cell;
    await notebook.scrollToItem(found.cell, "start");
    notebook.activeCell.outputArea?.node.scrollIntoView({ block: "nearest" });
  }

  function activate(app) {
    app.docRegistry.addWidgetExtension("Notebook", {
      createNew(panel, context) {
        const notebook = panel.content;
        const contents = app.serviceManager.contents;
        let sources, others;
        const worded = async (text) => {
          if (!text.includes("@") && !text.includes("{#eq-")) return text;
          sources ??= read(contents, context.path);
          const own = numbered(cellsOf(context.model));
          if (elsewhere(text, own)) others ??= beside(contents, context.path).catch(() => new Map());
          return told(text, new Map([...((await others) ?? []), ...own]), await sources);
        };
        wrap(notebook.rendermime, "text/markdown", worded);
        wrap(notebook.rendermime, "text/html", worded);
        panel.node.addEventListener("click", (event) => go(event, notebook), true);
      },
    });
  }

  const plugin = { id: "acts:references", description: "References in words", autoStart: true, activate };
  globalThis._JUPYTERLAB ??= {};
  globalThis._JUPYTERLAB.acts = { init: () => {}, get: async () => () => plugin };
})();
