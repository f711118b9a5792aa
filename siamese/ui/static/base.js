// Shared by all components of the page. Each component's own file adds a function to `siamese`, which
// Gradio calls with the component's element when it is mounted.
window.siamese = window.siamese || {};
((siamese) => {
  const SVG = "http://www.w3.org/2000/svg";

  siamese.el = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "text") node.textContent = value;
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };

  siamese.svg = (name, attributes = {}, ...children) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "text") node.textContent = value;
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };

  siamese.bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  // Paint what the network sees: {pixels, width, height, channels, kind}. All but photographs are white on black there
  // and dark on paper here. `heat` (one byte a pixel) is laid over it.
  siamese.paint = (canvas, seen, heat) => {
    const { width, height, channels } = seen;
    const pixels = siamese.bytes(seen.pixels);
    const hot = heat && siamese.bytes(heat);
    [canvas.width, canvas.height] = [width, height];
    canvas.classList.toggle("is-photo", seen.kind !== "ink");
    canvas.style.aspectRatio = `${width} / ${height}`;
    const context = canvas.getContext("2d");
    const picture = context.createImageData(width, height);
    const over = [213, 94, 0];
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) {
        const value = pixels[i * channels + (channels === 3 ? c : 0)];
        const shown = seen.kind === "photo" ? value : 255 - value;
        picture.data[i * 4 + c] = hot ? shown + ((over[c] - shown) * hot[i]) / 255 : shown;
      }
      picture.data[i * 4 + 3] = 255;
    }
    context.putImageData(picture, 0, 0);
  };

  // Ask for an answer about what a component now holds, in a task of its own: of two questions in one task Gradio would not
  // see that an answer is on its way, send both, and show the answers in whatever order they come.
  siamese.ask = (trigger) => setTimeout(trigger, 0, "input");

  siamese.OWN_COLOUR = "#f0e442"; // of the visitor's own points

  // The colour of a label, as CSS. There are ten, as many as people can tell apart.
  siamese.colour = (label) => `var(--digit-${label % 10})`;

  // The ten colours as they are now, for what does not understand CSS: a canvas, plotly.
  siamese.palette = () => {
    const style = getComputedStyle(document.body);
    return [...Array(10).keys()].map((label) => style.getPropertyValue(`--digit-${label}`).trim());
  };

  // Where picture `index` of the gallery lies: a file, how many columns of pictures that has, and the picture's own place in
  // it. `sheet` is {url, single, width, height, kind}: all are in one file, 100 a row, or each is a file of its own.
  siamese.cell = ({ url, single }, index) =>
    single
      ? { url: `${url}${index}`, columns: 1, column: 0, row: 0 }
      : { url, columns: 100, column: index % 100, row: Math.floor(index / 100) };

  // Show picture `index` of the gallery in an element, within a square of `side` pixels.
  siamese.sprite = (node, sheet, index, side) => {
    const { width, height, kind } = sheet;
    const { url, columns, column, row } = siamese.cell(sheet, index);
    const zoom = side / Math.max(width, height);
    const [w, h] = [width * zoom, height * zoom];
    node.style.backgroundImage = `url("${url}")`;
    node.style.backgroundSize = `${columns * w}px auto`;
    node.style.backgroundPosition = `${-column * w}px ${-row * h}px`;
    node.style.width = `${w}px`;
    node.style.height = `${h}px`;
    node.style.margin = `${(side - h) / 2}px ${(side - w) / 2}px`;
    node.style.imageRendering = kind === "ink" ? "" : "auto";
  };

  // The outline of a histogram, as an SVG path. Heights go by the square root of the shares, so that rare distances show.
  siamese.area = (shares, tallest, width, floor, height) => {
    const step = width / shares.length;
    const top = (share) => (floor - Math.sqrt(share / tallest) * height).toFixed(1);
    let path = `M0 ${floor}`;
    for (const [i, share] of shares.entries()) {
      path += `L${(i * step).toFixed(1)} ${top(share)}L${((i + 1) * step).toFixed(1)} ${top(share)}`;
    }
    return `${path}L${width} ${floor}Z`;
  };

  // A name where there is little room: its last part, where names share their first ones.
  siamese.short = (name) => (name.length > 14 ? `…${name.slice(-13)}` : name);

  siamese.percent = (p) => {
    if (p >= 0.995) return p >= 0.9995 ? "> 99.9 %" : `${(p * 100).toFixed(1)} %`;
    if (p <= 0.005) return p <= 0.0005 ? "< 0.1 %" : `${(p * 100).toFixed(1)} %`;
    return `${Math.round(p * 100)} %`;
  };

  // Replace a list's items; where the focus was among them it goes to the first, not to the page's top.
  siamese.refill = (list, items) => {
    const focused = list.contains(document.activeElement);
    list.replaceChildren(...items);
    if (focused) list.querySelector("button")?.focus({ preventScroll: true });
  };

  siamese.parse = (value) => (typeof value === "string" && value ? JSON.parse(value) : value);

  // Call with the first element of a selector, once it is on the page.
  siamese.whenThere = (selector, then) => {
    const found = document.querySelector(selector);
    if (found) return then(found);
    const observer = new MutationObserver(() => {
      const node = document.querySelector(selector);
      if (!node) return;
      observer.disconnect();
      then(node);
    });
    observer.observe(document, { childList: true, subtree: true });
  };

  // Fetch and run a script, once: a promise.
  const scripts = {};
  siamese.script = (src) => {
    scripts[src] ||= new Promise((resolve, reject) => {
      const onerror = () => reject(new Error(`${src} did not load`));
      document.head.append(siamese.el("script", { src, onload: resolve, onerror }));
    });
    return scripts[src];
  };

  // What this browser keeps from one visit to the next; where it keeps nothing, each visit is the first.
  siamese.remembered = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  siamese.remember = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // A browser may forbid it, as within the frame of another site.
    }
  };

  siamese.dark = () => document.body.classList.contains("dark");
})(window.siamese);
