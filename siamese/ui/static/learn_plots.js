// The plots beside a run's map: curves over its steps, and the distances of the held-out pairs.
((siamese) => {
  const [WIDTH, HEIGHT] = [260, 62]; // of a curve
  const [SPREAD, FLOOR] = [300, 92]; // width of the distances' axis, and where it lies

  // A curve of `value(snapshot)` over a run's steps, headed by the value at the snapshot that is shown.
  //   run: { snapshots }; format: a value -> text; max: of the vertical axis, the largest value so far if undefined
  siamese.learnCurve = (run, name, value, format, max) => {
    const { el, svg } = siamese;
    const figure = el("span", { class: "learn-figure" });
    const line = svg("path", { class: "learn-line" });
    const cursor = svg("line", { class: "learn-cursor", y1: 0, y2: HEIGHT });
    const dot = svg("circle", { class: "learn-dot", r: 3 });
    const plot = svg(
      "svg",
      { viewBox: `0 -4 ${WIDTH} ${HEIGHT + 8}`, "aria-hidden": "true" },
      svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }),
      cursor,
      line,
      dot,
    );
    const node = el(
      "div",
      { class: "learn-curve" },
      el("div", { class: "learn-curve-head" }, el("span", { text: name }), figure),
      plot,
    );
    function show(shown) {
      const snapshots = run.snapshots.filter((snapshot) => value(snapshot) != null);
      if (!snapshots.length) return;
      const top = max ?? Math.max(...snapshots.map(value), 1e-9);
      const x = (snapshot) => (snapshot.step / snapshot.steps) * WIDTH;
      const y = (snapshot) => HEIGHT - (value(snapshot) / top) * HEIGHT;
      line.setAttribute(
        "d",
        `M${snapshots.map((snapshot) => `${x(snapshot).toFixed(1)} ${y(snapshot).toFixed(1)}`).join("L")}`,
      );
      const now = value(shown) == null ? snapshots[0] : shown;
      cursor.setAttribute("x1", x(shown));
      cursor.setAttribute("x2", x(shown));
      dot.setAttribute("cx", x(now));
      dot.setAttribute("cy", y(now));
      figure.textContent = value(shown) == null ? "–" : format(value(shown));
    }
    return { node, show };
  };

  // The histograms of same and different pairs' distances, with the margin, where the loss has one.
  //   run: { settings }
  siamese.learnDistances = (run, label) => {
    const { el, svg } = siamese;
    const same = svg("path", { class: "area-same" });
    const different = svg("path", { class: "area-different" });
    const mark = svg("g", { class: "learn-margin" });
    const plot = svg(
      "svg",
      {
        viewBox: `0 0 ${SPREAD} ${FLOOR + 16}`,
        role: "img",
        "aria-label": "Distances of held-out pairs",
        class: "learn-spread",
      },
      different,
      same,
      svg("line", { x1: 0, x2: SPREAD, y1: FLOOR, y2: FLOOR, class: "axis" }),
      mark,
      svg("text", { x: 2, y: FLOOR + 13, class: "tick", text: "0 · alike" }),
      svg("text", { x: SPREAD - 2, y: FLOOR + 13, class: "tick", "text-anchor": "end", text: "unlike · 2" }),
    );
    const node = el(
      "div",
      { class: "learn-curve" },
      el(
        "div",
        { class: "learn-curve-head" },
        el(
          "span",
          {},
          el("span", { class: "key-same", text: `same ${label}` }),
          el("span", { class: "key-different", text: "different" }),
        ),
        el("span", {
          class: "learn-figure",
          text: run.settings.loss === "supcon" ? "has no margin" : `margin ${run.settings.margin}`,
        }),
      ),
      plot,
    );
    const x = (distance) => (distance / 2) * SPREAD;
    function show(snapshot) {
      const tallest = Math.max(...snapshot.same, ...snapshot.different);
      same.setAttribute("d", siamese.area(snapshot.same, tallest, SPREAD, FLOOR, FLOOR - 14));
      different.setAttribute("d", siamese.area(snapshot.different, tallest, SPREAD, FLOOR, FLOOR - 14));
      if (run.settings.loss === "contrastive") {
        const to = x(run.settings.margin);
        mark.replaceChildren(svg("line", { x1: to, x2: to, y1: 4, y2: FLOOR }));
      } else if (run.settings.loss === "triplet") {
        // A triplet's margin is no place but a width: how much farther than the positive the negative has to be.
        const from = x(
          snapshot.same.reduce((sum, share, i) => sum + (share * (i + 0.5) * 2) / snapshot.same.length, 0),
        );
        const to = from + x(run.settings.margin);
        mark.replaceChildren(
          svg("line", { x1: from, x2: to, y1: 7, y2: 7 }),
          svg("line", { x1: from, x2: from, y1: 3, y2: FLOOR }),
          svg("line", { x1: to, x2: to, y1: 3, y2: FLOOR }),
        );
      }
    }
    return { node, show };
  };
})(window.siamese);
