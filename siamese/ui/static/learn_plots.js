// The plots beside a run's map: three curves over its steps, and the distances of the held-out pairs.
((siamese) => {
  const HEIGHT = 92; // pixels, of the distances
  const TALLEST = 86; // of a hundred, of the histograms: above them a triplet's margin has room

  const ACTIVE = { contrastive: "Active pairs", triplet: "Active triplets", supcon: "Active anchors" };
  const percent = (digits) => (value) => `${(value * 100).toFixed(digits)} %`;

  /** The plots of a run, { node, show } each. */
  siamese.learnPlots = (run, label) => [
    siamese.learnCurve(run, {
      name: "Loss",
      value: (snapshot) => snapshot.loss,
      format: (value) => value.toFixed(3),
      tick: String,
    }),
    siamese.learnCurve(run, {
      name: ACTIVE[run.settings.loss],
      value: (snapshot) => snapshot.active,
      format: siamese.percent,
      tick: percent(0),
      most: 1,
    }),
    siamese.learnCurve(run, {
      name: "Held-out 5-NN accuracy",
      value: (snapshot) => snapshot.accuracy,
      format: percent(1),
      tick: percent(0),
      highest: true,
      most: 1,
    }),
    distances(run, label),
  ];

  // The histograms of same and different pairs' distances, with the margin, where the loss has one.
  function distances(run, label) {
    const { el, svg } = siamese;
    const { loss, margin } = run.settings;
    const [same, different, mark] = [
      svg("path", { class: "area-same" }),
      svg("path", { class: "area-different" }),
      svg("path", { class: "learn-margin" }),
    ];
    const floor = svg("path", { class: "axis", d: "M0 100H100" });
    const frame = siamese.learnFrame(svg("svg", { viewBox: "0 0 100 100" }, different, same, floor, mark), HEIGHT);
    frame.node.classList.add("has-no-ys");
    frame.across([0, 0.5, 1, 1.5, 2].map((d) => [d / 2, { 0: "0 · alike", 2: "unlike · 2" }[d] ?? `${d}`]));
    const node = el(
      "div",
      { class: "learn-curve" },
      el(
        "div",
        { class: "learn-curve-head" },
        el(
          "span",
          {},
          "Distances: ",
          el("span", { class: "key-same", text: `same ${label}` }),
          el("span", { class: "key-different", text: "different" }),
        ),
        el("span", { class: "learn-figure", text: loss === "supcon" ? "has no margin" : `margin ${margin}` }),
      ),
      frame.node,
    );
    const x = (distance) => distance * 50;
    function show(snapshot) {
      const tallest = Math.max(...snapshot.same, ...snapshot.different);
      same.setAttribute("d", siamese.area(snapshot.same, tallest, 100, 100, TALLEST));
      different.setAttribute("d", siamese.area(snapshot.different, tallest, 100, 100, TALLEST));
      if (loss === "contrastive") mark.setAttribute("d", `M${x(margin)} 4V100`);
      if (loss !== "triplet") return;
      // A triplet's margin is no place but a width: how much farther than the positive the negative has to be.
      const bin = 2 / snapshot.same.length;
      const from = x(snapshot.same.reduce((sum, share, i) => sum + share * (i + 0.5) * bin, 0));
      mark.setAttribute("d", `M${from} 3V100M${from} 7H${from + x(margin)}M${from + x(margin)} 3V100`);
    }
    return { node, show };
  }
})(window.siamese);
