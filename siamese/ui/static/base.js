// Shared by all components of the page. Each component's own file adds a function to `siamese`, which
// Gradio calls with the component's element when it is mounted.
window.siamese = window.siamese || {};
(function (siamese) {
  const SVG = "http://www.w3.org/2000/svg";

  siamese.el = function (name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "text") node.textContent = value;
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };

  siamese.svg = function (name, attributes = {}, ...children) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "text") node.textContent = value;
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };

  siamese.bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  // Draw 28x28 pixels of ink, white on black, as dark ink on paper. `heat` (28x28, 0 to 255) is laid over them.
  siamese.paintInk = function (canvas, pixels, heat) {
    canvas.width = canvas.height = 28;
    const context = canvas.getContext("2d");
    const picture = context.createImageData(28, 28);
    for (let i = 0; i < 784; i++) {
      const paper = 255 - pixels[i];
      const hot = heat ? heat[i] / 255 : 0;
      picture.data.set([
        paper + (213 - paper) * hot, paper + (94 - paper) * hot, paper * (1 - hot), 255,
      ], i * 4);
    }
    context.putImageData(picture, 0, 0);
  };

  // The colour of a label, as CSS. There are ten, as many as people can tell apart.
  siamese.colour = (label) => `var(--digit-${label % 10})`;

  // The ten colours as they are now, for what does not understand CSS: a canvas, plotly.
  siamese.palette = function () {
    const style = getComputedStyle(document.body);
    return [...Array(10).keys()].map((label) => style.getPropertyValue(`--digit-${label}`).trim());
  };

  // Show picture `index` of the sprite sheet (28x28 each, 100 a row) in an element of `side` pixels.
  siamese.sprite = function (node, url, index, side) {
    const zoom = side / 28;
    node.style.backgroundImage = `url("${url}")`;
    node.style.backgroundSize = `${2800 * zoom}px auto`;
    node.style.backgroundPosition = `${-(index % 100) * side}px ${-Math.floor(index / 100) * side}px`;
    node.style.width = node.style.height = `${side}px`;
  };

  // The outline of a histogram, as an SVG path. Heights go by the square root of the shares, so that rare distances show.
  siamese.area = function (shares, tallest, width, floor, height) {
    const step = width / shares.length;
    const top = (share) => (floor - Math.sqrt(share / tallest) * height).toFixed(1);
    let path = `M0 ${floor}`;
    shares.forEach((share, i) => (path += `L${(i * step).toFixed(1)} ${top(share)}L${((i + 1) * step).toFixed(1)} ${top(share)}`));
    return path + `L${width} ${floor}Z`;
  };

  siamese.percent = function (p) {
    if (p >= 0.995) return p >= 0.9995 ? "> 99.9 %" : (p * 100).toFixed(1) + " %";
    if (p <= 0.005) return p <= 0.0005 ? "< 0.1 %" : (p * 100).toFixed(1) + " %";
    return Math.round(p * 100) + " %";
  };

  // Replace a list's items; where the focus was among them it goes to the first, not to the page's top.
  siamese.refill = function (list, items) {
    const focused = list.contains(document.activeElement);
    list.replaceChildren(...items);
    if (focused) list.querySelector("button")?.focus({ preventScroll: true });
  };

  siamese.parse = (value) => (typeof value === "string" && value ? JSON.parse(value) : value);

  siamese.dark = () => document.body.classList.contains("dark");
})(window.siamese);
