// How the answer about a pair comes about: what was sent, what the network sees, both embeddings and where they part, and
// the calibration curve with the pair on it. Unfolded once, it stays so.
((siamese) => {
  const WIDTH = 320;
  const HEIGHT = 150;
  const [LEFT, FLOOR, TOP] = [42, 124, 10];
  const REMEMBERED = "siamese-how-it-decides";

  // An embedding, (dim,) numbers, from its bytes: shares of `largest` in 127ths.
  siamese.unpackEmbedding = (base64, largest) =>
    Array.from(new Int8Array(siamese.bytes(base64).buffer), (byte) => (byte / 127) * largest);

  // How many in a hundred, in words: never none and never all.
  siamese.inHundred = (p) => {
    if (p < 0.005) return "fewer than 1 in 100 are";
    if (p > 0.995) return "more than 99 in 100 are";
    const count = Math.round(p * 100);
    return `${count} in 100 ${count === 1 ? "is" : "are"}`;
  };

  // Numbers as a row of cells: of both signs in two colours, or sizes in one.
  function paintStrip(canvas, numbers, largest, signed) {
    const style = getComputedStyle(document.body);
    const [paper, positive, negative, size] = ["--surface", "--same", "--different", "--body-text-color"].map(
      (name) => style.getPropertyValue(name).trim() || "#888",
    );
    [canvas.width, canvas.height] = [numbers.length, 1];
    const context = canvas.getContext("2d");
    for (const [i, number] of numbers.entries()) {
      context.globalAlpha = 1;
      context.fillStyle = paper;
      context.fillRect(i, 0, 1, 1);
      context.globalAlpha = Math.min(1, Math.abs(number) / largest);
      context.fillStyle = signed ? (number > 0 ? positive : negative) : size;
      context.fillRect(i, 0, 1, 1);
    }
  }

  function curve(probabilities) {
    const { svg } = siamese;
    const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "decision-plot", role: "img" });
    const x = (distance) => LEFT + (distance / 2) * (WIDTH - LEFT - 6);
    const y = (p) => FLOOR - p * (FLOOR - TOP);
    const step = 2 / (probabilities.length - 1);
    const path = probabilities.map((p, i) => `${i ? "L" : "M"}${x(i * step).toFixed(1)} ${y(p).toFixed(1)}`).join("");
    for (const p of [0, 0.5, 1]) {
      root.append(
        svg("line", { x1: LEFT, x2: WIDTH - 6, y1: y(p), y2: y(p), class: "axis" }),
        svg("text", { x: LEFT - 5, y: y(p) + 4, class: "tick", "text-anchor": "end", text: `${p * 100} %` }),
      );
    }
    for (const distance of [0, 0.5, 1, 1.5, 2]) {
      root.append(
        svg("text", { x: x(distance), y: FLOOR + 14, class: "tick", "text-anchor": "middle", text: distance }),
      );
    }
    root.append(
      svg("text", { x: WIDTH - 6, y: FLOOR + 26, class: "tick", "text-anchor": "end", text: "distance" }),
      svg("path", { d: path, class: "decision-line" }),
    );
    const lines = svg("path", { class: "decision-at" });
    const point = svg("circle", { r: 5, class: "decision-point" });
    root.append(lines, point);
    function mark(answer) {
      for (const node of [lines, point]) node.setAttribute("visibility", answer ? "visible" : "hidden");
      root.setAttribute(
        "aria-label",
        answer
          ? `Calibration curve: at the distance ${answer.distance.toFixed(2)}, ${siamese.percent(answer.probability)}`
          : "Calibration curve: the probability by the distance",
      );
      if (!answer) return;
      const [px, py] = [x(answer.distance), y(answer.probability)];
      point.setAttribute("cx", px);
      point.setAttribute("cy", py);
      lines.setAttribute("d", `M${px} ${FLOOR}L${px} ${py}L${LEFT} ${py}`);
    }
    return { root, mark };
  }

  // A copy of what a canvas of the page shows.
  function copy(from, to) {
    [to.width, to.height] = [from.width, from.height];
    to.style.aspectRatio = `${from.width} / ${from.height}`;
    to.classList.toggle("is-photo", from.classList.contains("is-photo"));
    to.getContext("2d").drawImage(from, 0, 0);
  }

  siamese.decision = (element, props, watch) => {
    const { el } = siamese;
    const details = element.querySelector(".decision");
    const plot = curve(props.probabilities);

    const sides = ["a", "b"].map((side, i) => {
      const [sent, seen] = [el("canvas", { role: "img" }), el("canvas", { role: "img", class: "is-pixels" })];
      sent.setAttribute("aria-label", `${props.names[i]}, as it was sent`);
      seen.setAttribute("aria-label", `${props.names[i]}, as the network sees it`);
      const figure = (canvas, text) => el("figure", {}, canvas, el("figcaption", { text }));
      const row = el(
        "div",
        { class: "decision-row" },
        figure(sent, "sent"),
        el("span", { text: "→", "aria-hidden": true }),
        figure(seen, "seen"),
      );
      element.querySelector(".decision-pictures").append(row);
      const strip = el("canvas", {
        class: "strip",
        role: "img",
        "aria-label": `Embedding of the ${props.names[i].toLowerCase()}`,
      });
      return { column: `.compare-${side}`, row, sent, seen, strip };
    });
    const difference = el("canvas", { class: "strip", role: "img", "aria-label": "Where the embeddings part" });
    const sum = el("p", { class: "decision-sum" });
    const cell = el("p", { class: "decision-cell" });
    const intro = el(
      "p",
      {},
      "The network turns each picture into an ",
      siamese.term("embedding", "embedding"),
      ": ",
      el("span", { class: "decision-dim" }),
      " numbers, below zero vermilion, above it blue. The stronger a cell of the third row, the more they differ there.",
    );
    element.querySelector(".decision-strips").append(intro, ...sides.map(({ strip }) => strip), difference, cell, sum);
    const told = el("p", { class: "decision-told", "aria-live": "polite" });
    element
      .querySelector(".decision-curve")
      .append(
        el(
          "p",
          {},
          "The ",
          siamese.term("calibration", "calibration"),
          " curve turns the ",
          siamese.term("distance", "distance"),
          " into a probability. It was fitted to pairs of validation pictures, the same and different ones weighed alike.",
        ),
        plot.root,
        told,
      );

    let shown = [null, null]; // both embeddings
    function show() {
      if (!details.open) return;
      const value = siamese.parse(props.value) || {};
      shown = [value.first, value.second].map((packed) =>
        packed ? siamese.unpackEmbedding(packed, value.largest) : null,
      );
      for (const [i, side] of sides.entries()) {
        const column = document.querySelector(side.column);
        side.row.classList.toggle("is-absent", !shown[i]);
        side.strip.hidden = !shown[i];
        if (!shown[i]) continue;
        copy(column.querySelector(".pad canvas"), side.sent);
        copy(column.querySelector(".seen canvas"), side.seen);
        paintStrip(side.strip, shown[i], value.largest, true);
      }
      const both = shown[0] && shown[1] && "distance" in value;
      element.querySelector(".decision-dim").textContent = (shown[0] || shown[1] || []).length || "many";
      difference.hidden = !both;
      cell.textContent = "";
      plot.mark(both ? value : null);
      if (!both) {
        sum.textContent = "";
        told.textContent = props.drawn
          ? "Draw both, and it shows how they compare."
          : "Bring both, and it shows how they compare.";
        return;
      }
      const parts = shown[0].map((number, i) => number - shown[1][i]);
      paintStrip(difference, parts, Math.max(0.001, ...parts.map(Math.abs)), false);
      const squared = value.distance ** 2;
      sum.textContent = `Squared and summed, the differences make ${squared.toFixed(2)}; its square root is the distance, ${value.distance.toFixed(2)}.`;
      told.textContent = `Of pairs this far apart, ${siamese.inHundred(value.probability)} the same.`;
    }

    // Which number a cell stands for, under the pointer.
    for (const strip of [...sides.map((side) => side.strip), difference]) {
      strip.addEventListener("pointermove", (event) => {
        const known = shown.filter(Boolean);
        const box = strip.getBoundingClientRect();
        const i = Math.min(
          known[0].length - 1,
          Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * known[0].length)),
        );
        cell.textContent = `Number ${i + 1} of ${known[0].length}: ${known.map((numbers) => numbers[i].toFixed(2)).join(" and ")}`;
      });
      strip.addEventListener("pointerleave", () => (cell.textContent = ""));
    }

    // After the other components have shown the same answer: this copies from them.
    const later = () => requestAnimationFrame(() => requestAnimationFrame(show));
    watch("value", later);
    details.addEventListener("toggle", () => {
      siamese.remember(REMEMBERED, details.open ? "open" : "");
      later();
    });
    new MutationObserver(show).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    details.open = siamese.remembered(REMEMBERED) === "open";
  };
})(window.siamese);
