// The answer about a pair: probability, verdict, and where the pair's distance lies among all pairs.
(function (siamese) {
  const WIDTH = 320;
  const HEIGHT = 120;
  const FLOOR = 104;

  const area = (shares, tallest) => siamese.area(shares, tallest, WIDTH, FLOOR, 84);

  function plot(distances, threshold) {
    const { svg } = siamese;
    const tallest = Math.max(...distances.same, ...distances.different);
    const x = (threshold / 2) * WIDTH;
    const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 12}`, class: "verdict-plot", role: "img" });
    root.append(
      svg("path", { d: area(distances.same, tallest), class: "area-same" }),
      svg("path", { d: area(distances.different, tallest), class: "area-different" }),
      svg("line", { x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR, class: "axis" }),
      svg("line", { x1: x, x2: x, y1: 12, y2: FLOOR, class: "threshold" }),
      svg("text", { x: x + 4, y: 20, class: "tick", text: `threshold ${threshold.toFixed(2)}` }),
      svg("text", { x: 4, y: HEIGHT, class: "tick", text: "0 · alike" }),
      svg("text", { x: WIDTH - 4, y: HEIGHT, class: "tick", "text-anchor": "end", text: "unlike · 2" }),
    );
    const mark = svg("g", { class: "mark", visibility: "hidden" });
    mark.append(svg("line", { y1: 4, y2: FLOOR + 4 }), svg("path", { d: `M-6 ${FLOOR + 11}L6 ${FLOOR + 11}L0 ${FLOOR + 2}Z` }));
    root.append(mark);
    return root;
  }

  siamese.verdict = function (element, props, watch) {
    const number = element.querySelector(".verdict-number");
    const words = element.querySelector(".verdict-words");
    const note = element.querySelector(".verdict-note");
    const root = element.querySelector(".verdict");
    const figure = plot(props.distances, props.threshold);
    element.querySelector(".verdict-figure").prepend(figure);
    const mark = figure.querySelector(".mark");

    function show() {
      const answer = siamese.parse(props.value) || {};
      root.dataset.state = answer.error ? "error" : "probability" in answer ? (answer.same ? "same" : "different") : "empty";
      note.textContent = answer.note || "";
      note.hidden = !answer.note;
      if (root.dataset.state === "empty" || answer.error) {
        number.textContent = answer.error ? "" : "· · ·";
        words.textContent = answer.error || answer.hint || "Draw a symbol in each square";
        mark.setAttribute("visibility", "hidden");
        figure.setAttribute("aria-label", "Distances of validation pairs");
      } else {
        number.textContent = siamese.percent(answer.probability);
        words.textContent = answer.words;
        mark.setAttribute("visibility", "visible");
        mark.setAttribute("transform", `translate(${((Math.min(answer.distance, 2) / 2) * WIDTH).toFixed(1)} 0)`);
        figure.setAttribute(
          "aria-label",
          `Distance ${answer.distance.toFixed(2)}, threshold ${answer.threshold.toFixed(2)}, on the distances of validation pairs`,
        );
      }
      element.querySelector(".verdict-distance").textContent =
        "distance" in answer ? `this pair: distance ${answer.distance.toFixed(2)}` : "";
    }
    watch("value", show);
    show();
  };

  // What the network sees of one picture, and what its neighbours take it for.
  siamese.seen = function (element, props, watch) {
    const canvas = element.querySelector("canvas");
    const words = element.querySelector(".seen-words");
    function show() {
      const seen = siamese.parse(props.value);
      element.querySelector(".seen").hidden = !seen;
      if (!seen) return;
      siamese.paintInk(canvas, siamese.bytes(seen.pixels), seen.heat ? siamese.bytes(seen.heat) : null);
      canvas.setAttribute("aria-label", `28 by 28 pixels that the network sees. ${seen.words}`);
      words.textContent = seen.words;
    }
    watch("value", show);
    show();
  };
})(window.siamese);
