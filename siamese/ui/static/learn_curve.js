// A curve over a run's steps: its scales, the value at the snapshot that is shown, the last one and the best.
((siamese) => {
  const ROUND = [1, 2, 2.5, 5, 10]; // what a step from one tick to the next may be, times a power of ten

  /** Round numbers from 0 up to the first one that is not below `most`, `parts` steps at most. */
  siamese.ticks = (most, parts = 2) => {
    const least = Math.max(most, 1e-9) / parts;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = ROUND.map((round) => round * power).find((round) => round >= least * (1 - 1e-9));
    const count = Math.ceil(most / step - 1e-9) || 1;
    return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  };

  /** Round numbers of steps from 0, and the last step itself. */
  siamese.stepTicks = (steps, parts = 5) => {
    const round = siamese.ticks(steps, parts).filter((step) => Number.isInteger(step) && step < steps * 0.86);
    return [...round, steps];
  };

  /** { last, best } of the snapshots that have a value, or null; of equal values the first is the best. */
  siamese.lastAndBest = (snapshots, value, highest) => {
    const measured = snapshots.filter((snapshot) => value(snapshot) != null);
    if (!measured.length) return null;
    const better = highest ? (a, b) => a > b : (a, b) => a < b;
    const best = measured.reduce((a, b) => (better(value(b), value(a)) ? b : a));
    return { last: measured.at(-1), best };
  };

  /** The last and the best value in words. */
  siamese.lastAndBestWords = ({ last, best }, value, format, highest) => {
    const kind = highest ? "highest" : "lowest";
    if (last === best) return [`last ${format(value(last))} at step ${last.step}, the ${kind}`];
    return [`last ${format(value(last))} at step ${last.step}`, `${kind} ${format(value(best))} at step ${best.step}`];
  };

  // An SVG that is stretched to the room there is, with ticks beside it that are not. Places are from 0 to 1, from the
  // left and from the top.
  //   -> { node, across, up, put }: `across` and `up` take ticks, [place, text] each; `put(mark, x, y)` moves a mark
  siamese.learnFrame = (plot, height) => {
    const { el } = siamese;
    const [xs, ys] = [el("div", { class: "learn-xs" }), el("div", { class: "learn-ys" })];
    plot.setAttribute("preserveAspectRatio", "none");
    const inner = el("div", { class: "learn-inner", style: `height: ${height}px` }, plot);
    const node = el("div", { class: "learn-frame", "aria-hidden": "true" }, ys, inner, xs);
    const label = (text, side, place, last) => {
      const span = el("span", { text, class: last ? "is-last" : "" });
      span.style[side] = `${(place * 100).toFixed(2)}%`;
      return span;
    };
    const fill = (list, side, ticks) =>
      list.replaceChildren(...ticks.map(([place, text], i) => label(text, side, place, i === ticks.length - 1)));
    return {
      node,
      inner,
      across: (ticks) => fill(xs, "left", ticks),
      up: (ticks) => fill(ys, "top", ticks),
      put(mark, x, y) {
        if (mark.parentNode !== inner) inner.append(mark);
        mark.style.left = `${(x * 100).toFixed(2)}%`;
        mark.style.top = `${(y * 100).toFixed(2)}%`;
      },
    };
  };

  // A curve of `value(snapshot)` over a run's steps.
  //   run: { snapshots }
  //   format: a value -> text; tick: likewise, of a tick; highest: whether the best value is the highest
  //   most: of the vertical axis, the largest value so far if undefined
  siamese.learnCurve = (run, { name, value, format, tick, highest = false, most }) => {
    const { el, svg } = siamese;
    const figure = el("span", { class: "learn-figure" });
    const line = svg("path", { class: "learn-line" });
    const cursor = svg("line", { class: "learn-cursor", y1: 0, y2: 100 });
    const grid = svg("path", { class: "axis" });
    const frame = siamese.learnFrame(svg("svg", { viewBox: "0 0 100 100" }, grid, cursor, line), 84);
    const [dot, ring, now] = ["last", "best", "now"].map((kind) => el("span", { class: `learn-mark is-${kind}` }));
    const told = el("p", { class: "learn-told" });
    const node = el(
      "div",
      { class: "learn-curve" },
      el("div", { class: "learn-curve-head" }, el("span", { text: name }), figure),
      frame.node,
      told,
    );
    function show(shown) {
      const found = siamese.lastAndBest(run.snapshots, value, highest);
      if (!found) return;
      const measured = run.snapshots.filter((snapshot) => value(snapshot) != null);
      const levels = siamese.ticks(most ?? Math.max(...measured.map(value)));
      const { steps } = found.last;
      const x = (snapshot) => snapshot.step / steps;
      const y = (level) => 1 - level / levels.at(-1);
      const at = (snapshot) => [x(snapshot), y(value(snapshot))];
      frame.up(levels.map((level) => [y(level), tick(level)]));
      frame.across(
        siamese.stepTicks(steps).map((step) => [step / steps, step === steps ? `${step} steps` : `${step}`]),
      );
      grid.setAttribute("d", levels.map((level) => `M0 ${y(level) * 100}H100`).join(""));
      line.setAttribute(
        "d",
        `M${measured.map((snapshot) => at(snapshot).map((place) => (place * 100).toFixed(2)))}`.replaceAll(",", " "),
      );
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(shown) * 100);
      frame.put(dot, ...at(found.last));
      frame.put(ring, ...at(found.best));
      now.hidden = value(shown) == null;
      if (!now.hidden) frame.put(now, ...at(shown));
      figure.textContent = now.hidden ? "–" : format(value(shown));
      const words = siamese.lastAndBestWords(found, value, format, highest);
      told.replaceChildren(
        ...words.map((text, i) => el("span", { class: i || words.length === 1 ? "key-best" : "key-last", text })),
      );
    }
    return { node, show };
  };
})(window.siamese);
