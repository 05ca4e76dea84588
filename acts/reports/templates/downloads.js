"use strict";
// Files made from what the page shows: a figure as SVG or PNG, its data as CSV or as a table below it.
(() => {
  const DPI = 300;
  const ROWS = 200;
  const SVG = "http://www.w3.org/2000/svg";
  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const save = (blob, name) => {
    const address = URL.createObjectURL(blob);
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  const faces = (bold, slanted) => Array.from(document.styleSheets)
    .flatMap((sheet) => Array.from(sheet.cssRules))
    .filter((rule) => rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("font-family").includes("Inter"))
    .filter((rule) => {
      const italic = rule.style.getPropertyValue("font-style") === "italic";
      const heavy = parseInt(rule.style.getPropertyValue("font-weight"), 10) > 500;
      return italic ? slanted : heavy ? bold : true;
    })
    .map((rule) => rule.cssText).join("\n");

  // The picture as a file of its own: black ink, the colours of paper, points for units, the page's font inside.
  const standalone = (picture) => {
    const copy = picture.cloneNode(true);
    const [, , width, height] = copy.getAttribute("viewBox").split(/[\s,]+/).map(Number);
    copy.removeAttribute("class");
    copy.setAttribute("width", `${width}pt`);
    copy.setAttribute("height", `${height}pt`);
    copy.setAttribute("font-family", "Inter, 'DejaVu Sans', Verdana, sans-serif");
    const style = document.createElementNS(SVG, "style");
    style.textContent = faces(copy.querySelector("[font-weight]"), copy.querySelector("[font-style]"));
    copy.prepend(style);
    const text = new XMLSerializer().serializeToString(copy);
    return { width, height, text: text.replace(/currentColor/g, "#000000").replace(/var\(--[\w-]+,\s*(#\w+)\)/g, "$1") };
  };
  const encoded = (text) => {
    const bytes = new TextEncoder().encode(text);
    let binary = "";
    for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(binary);
  };
  const pixels = async (drawn) => {
    const image = new Image();
    image.setAttribute("src", `data:image/svg+xml;base64,${encoded(drawn.text)}`);
    await image.decode();
    const canvas = make("canvas", { width: Math.round(drawn.width * DPI / 72), height: Math.round(drawn.height * DPI / 72) });
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  };
  const bytes = (address) => Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (sign) => sign.charCodeAt(0));
  const unpacked = (address) => new Response(
    new Blob([bytes(address)]).stream().pipeThrough(new DecompressionStream("gzip"))).text();

  const take = {
    svg: async (picture) => new Blob([standalone(picture).text], { type: "image/svg+xml" }),
    png: async (picture) => picture.localName === "svg"
      ? pixels(standalone(picture)) : new Blob([bytes(picture.src)], { type: "image/png" }),
  };
  const button = (form, pictures, name) => make("button", {
    type: "button", className: "take", textContent: form.toUpperCase(), ariaLabel: `${form.toUpperCase()} of ${name}`,
    onclick: async () => {
      for (const [place, picture] of pictures.entries()) {
        save(await take[form](picture), `${name}${pictures.length > 1 ? `-${place + 1}` : ""}.${form}`);
      }
    },
  });

  // Rows of a CSV text; a field in quotes may hold commas, line ends and doubled quotes.
  const rows = (text) => {
    const table = [[]];
    for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/g)) {
      table[table.length - 1].push(quoted === undefined ? plain : quoted.replace(/""/g, '"'));
      if (end === "\n") table.push([]);
      if (end === "") break;
    }
    return table.filter((row) => row.length > 1 || row[0]);
  };
  const cell = (tag, text) => make(tag, {
    textContent: text, className: tag === "td" && text !== "" && !Number.isNaN(Number(text)) ? "number" : "",
    ...(tag === "th" ? { scope: "col" } : {}),
  });
  const grid = (text, name) => {
    const [head, ...body] = rows(text);
    const shown = body.slice(0, ROWS).map((row) => make("tr", {}, ...row.map((value) => cell("td", value))));
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...head.map((title) => cell("th", title)))),
      make("tbody", {}, ...shown));
    const box = make("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: `Data of ${name}` }, table);
    const more = `The first ${ROWS} of ${body.length} rows; the CSV has them all.`;
    return [box, ...(body.length > ROWS ? [make("p", { textContent: more })] : [])];
  };
  const unfold = (link, name) => {
    const panel = make("div", { className: "data", hidden: true });
    const toggle = make("button", { type: "button", className: "take fold", textContent: "Data", ariaExpanded: "false",
      ariaLabel: `Data of ${name}` });
    toggle.addEventListener("click", async () => {
      if (!panel.hasChildNodes()) panel.append(...grid(await unpacked(link.href), name));
      panel.hidden = !panel.hidden;
      toggle.ariaExpanded = String(!panel.hidden);
    });
    return [toggle, panel];
  };

  const equip = (plate) => {
    const name = plate.dataset.name;
    const takes = plate.querySelector(".takes");
    const links = Array.from(takes.querySelectorAll("a.take"));
    const pictures = Array.from(plate.previousElementSibling.querySelectorAll(".drawing > svg, .drawing > img"));
    const forms = pictures.every((picture) => picture.localName === "svg") ? ["svg", "png"] : ["png"];
    takes.prepend(...forms.map((form) => button(form, pictures, name)));
    links.forEach((link) => {
      link.addEventListener("click", async (event) => {
        event.preventDefault();
        save(new Blob([await unpacked(link.href)], { type: "text/csv" }), link.download.replace(/\.gz$/, ""));
      });
      link.ariaLabel = `CSV of ${name}`;
      const [toggle, panel] = unfold(link, name);
      takes.append(toggle);
      plate.querySelector(".origin").before(panel);
    });
  };
  document.querySelectorAll(".plate").forEach(equip);
})();
