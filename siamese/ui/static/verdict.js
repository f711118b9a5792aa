// The answer about a pair: probability, verdict, and where the pair's distance lies among all pairs.
((siamese) => {
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
      svg("text", { x: x + 4, y: 9, class: "tick", text: `threshold ${threshold.toFixed(2)}` }),
      svg("text", { x: 4, y: HEIGHT + 6, class: "tick", text: "0 · alike" }),
      svg("text", { x: WIDTH - 4, y: HEIGHT + 6, class: "tick", "text-anchor": "end", text: "unlike · 2" }),
    );
    const mark = svg("g", { class: "mark", visibility: "hidden" });
    mark.append(
      svg("line", { y1: 14, y2: FLOOR + 4 }), // below the threshold's words, which it must not strike through,
      svg("path", { d: `M-6 ${FLOOR + 11}L6 ${FLOOR + 11}L0 ${FLOOR + 2}Z` }),
    );
    root.append(mark);
    return root;
  }

  // The share of pairs up to a distance. Bins are of equal width from 0 to 2; one that the distance falls into counts in part.
  function shareUpTo(shares, distance) {
    const at = (distance / 2) * shares.length;
    const total = shares.reduce((sum, share) => sum + share, 0) || 1;
    return shares.reduce((sum, share, i) => sum + share * Math.min(Math.max(at - i, 0), 1), 0) / total;
  }

  siamese.verdict = (element, props, watch) => {
    const number = element.querySelector(".verdict-percent");
    const unit = element.querySelector(".verdict-unit");
    const words = element.querySelector(".verdict-words");
    const note = element.querySelector(".verdict-note");
    const root = element.querySelector(".verdict");
    const distance = element.querySelector(".verdict-distance");
    const term = siamese.term("distance", "distance");
    const figure = plot(props.distances, props.threshold);
    element.querySelector(".verdict-figure").prepend(figure);
    const mark = figure.querySelector(".mark");
    const moving = element.querySelector(".verdict-moving");
    const range = moving.querySelector("input");
    let threshold = props.threshold; // as the visitor has set it
    element.querySelector(".key-same").textContent = props.legend[0];
    element.querySelector(".key-different").textContent = props.legend[1];
    const moved = () => threshold !== props.threshold;
    const isSame = (answer) => (moved() ? answer.distance <= threshold : answer.same);

    function move(to) {
      threshold = to;
      range.value = to;
      const x = (to / 2) * WIDTH;
      const [line, text] = [figure.querySelector(".threshold"), figure.querySelector(".threshold + text")];
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
      text.setAttribute("x", to > 1.4 ? x - 4 : x + 4);
      text.setAttribute("text-anchor", to > 1.4 ? "end" : "start");
      text.textContent = `threshold ${to.toFixed(2)}`;
      const [same, different] = [props.distances.same, props.distances.different].map((shares) =>
        shareUpTo(shares, to),
      );
      const accepted = `${siamese.percent(same)} of the same validation pairs and ${siamese.percent(different)} of the different ones`;
      moving
        .querySelector(".verdict-accepts")
        .replaceChildren("This ", siamese.term("threshold", "threshold"), `, ${to.toFixed(2)}, accepts ${accepted}.`);
      moving.querySelector("button").disabled = !moved();
    }
    range.addEventListener("input", () => {
      move(Number(range.value));
      siamese.link.set({ threshold: range.value });
      show();
    });
    moving.querySelector("button").addEventListener("click", () => {
      move(props.threshold);
      siamese.link.set({ threshold: null });
      show();
    });

    function show() {
      const answer = siamese.parse(props.value) || {};
      root.dataset.state = answer.error
        ? "error"
        : "probability" in answer
          ? isSame(answer)
            ? "same"
            : "different"
          : "empty";
      note.textContent = answer.note || "";
      note.hidden = !answer.note;
      if (root.dataset.state === "empty" || answer.error) {
        number.textContent = answer.error ? "" : "· · ·";
        unit.textContent = "";
        words.textContent = answer.error || answer.hint || props.hint;
        mark.setAttribute("visibility", "hidden");
        figure.setAttribute("aria-label", "Distances of validation pairs");
      } else {
        number.textContent = siamese.percent(answer.probability);
        unit.textContent = "likely the same";
        words.textContent = moved() ? `${isSame(answer) ? "The same" : "Different"} by your threshold` : answer.words;
        mark.setAttribute("visibility", "visible");
        mark.setAttribute("transform", `translate(${((Math.min(answer.distance, 2) / 2) * WIDTH).toFixed(1)} 0)`);
        figure.setAttribute(
          "aria-label",
          `Distance ${answer.distance.toFixed(2)}, threshold ${threshold.toFixed(2)}, on the distances of validation pairs`,
        );
      }
      distance.replaceChildren(
        ...("distance" in answer ? ["this pair: ", term, ` ${answer.distance.toFixed(2)}`] : []),
      );
    }
    // An example is in the address until the visitor sends something else.
    document.addEventListener(
      "sent",
      (event) => event.target.closest(".compare") && siamese.link.set({ example: null }),
    );
    watch("value", show);
    const linked = Number(siamese.link.get("threshold") || props.threshold);
    move(linked >= 0 && linked <= 2 ? linked : props.threshold);
    moving.open = moved();
    show();
  };
})(window.siamese);
