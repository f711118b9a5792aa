// One run on the page: its name, its map, the curves and the distances, shown at any of its snapshots.
((siamese) => {
  const numbers = (base64, kind) => new kind(siamese.bytes(base64).buffer);

  // A snapshot as it was sent -> as it is drawn: a typed array of positions, and shares from 0 to 1.
  siamese.learnSnapshot = (snapshot) => ({
    ...snapshot,
    positions: numbers(snapshot.positions, Int16Array),
    same: Array.from(numbers(snapshot.same, Uint16Array), (n) => n / 65535),
    different: Array.from(numbers(snapshot.different, Uint16Array), (n) => n / 65535),
    lines: { ...snapshot.lines, positions: numbers(snapshot.lines.positions, Int16Array) },
  });

  // -> { root, show, remove }
  //   run: { settings, name, snapshots, command }; it gets the function `keep` and the property `kept`
  //   heldOut, sprite, view, redraw: see `learnMap`
  siamese.learnView = (run, heldOut, sprite, view, redraw) => {
    const { el } = siamese;
    const { dim } = run.settings;
    const map = siamese.learnMap(run.settings, heldOut, sprite, view, redraw);
    const caption = el("p", { class: "learn-caption" });
    const words = el("div", { class: "learn-lines-words", hidden: true });
    const keep = el("button", {
      type: "button",
      class: "chip learn-keep",
      "aria-pressed": "false",
      text: "Keep beside the next",
      onclick: () => run.keep(!run.kept),
    });
    run.keep = (kept) => {
      run.kept = kept;
      keep.setAttribute("aria-pressed", String(kept));
    };
    const command = el("code", { class: "learn-command", hidden: true });
    const copy = el("button", {
      type: "button",
      class: "chip learn-copy",
      "aria-expanded": "false",
      text: "As a command",
      title: "The train.py command that trains this network on the whole of MNIST",
      onclick: async () => {
        command.hidden = !command.hidden;
        // Broken between words only, never at a hyphen.
        command.replaceChildren(
          ...run.command.split(" ").flatMap((word, i) => [i ? " " : "", el("span", { text: word })]),
        );
        copy.setAttribute("aria-expanded", String(!command.hidden));
        // Without HTTPS, or in a frame without permission, there is no clipboard; the command can be selected instead.
        if (command.hidden || !navigator.clipboard) return;
        await navigator.clipboard.writeText(run.command).then(
          () => report("Copied"),
          () => report("Select it to copy"),
        );
      },
    });
    const report = (text) => {
      copy.textContent = text;
      setTimeout(() => (copy.textContent = "As a command"), 1800);
    };
    const plots = siamese.learnPlots(run, heldOut.label);
    const root = el(
      "section",
      { class: "learn-run", "aria-label": `Run: ${run.name}` },
      el(
        "header",
        {},
        el("h3", { text: run.name }),
        el("div", { class: "learn-tools" }, keep, ...(run.command ? [copy] : [])),
      ),
      command,
      el(
        "div",
        { class: "learn-body" },
        el("div", { class: "learn-map" }, map.stage, words, caption),
        el("div", { class: "learn-charts" }, ...plots.map((plot) => plot.node)),
      ),
    );

    let described = null; // the snapshot that the plots and texts show, and the number of the last one then
    let lastThen = -1;
    // Show the run at `head`, a snapshot's number, or between two.
    function show(head) {
      if (!run.snapshots.length) return;
      const last = run.snapshots.length - 1;
      const number = Math.min(Math.floor(head), last);
      const snapshot = run.snapshots[Math.min(Math.round(head), last)];
      const next = run.snapshots[Math.min(number + 1, last)];
      map.draw(run.snapshots[number], next, Math.min(head, last) - number, view.lines ? snapshot.lines : null);
      explain(view.lines ? snapshot : null);
      if (snapshot === described && last === lastThen) return;
      [described, lastThen] = [snapshot, last];
      describe(snapshot);
    }
    let explained = null; // the snapshot whose pulls and pushes are told
    function explain(snapshot) {
      if (snapshot === explained) return;
      explained = snapshot;
      words.hidden = !snapshot;
      if (!snapshot) return;
      const { label, many } = heldOut;
      const parts = siamese.learnLinesWords(snapshot.lines, run.settings, snapshot.step, label, many);
      words.replaceChildren(...siamese.learnLinesNodes(parts));
    }
    function describe(snapshot) {
      for (const plot of plots) plot.show(snapshot);
      const accuracy = `${(snapshot.accuracy * 100).toFixed(1)} %`;
      const unseen =
        snapshot.unseen_accuracy == null
          ? ""
          : ` Of the ${heldOut.many} never seen, ${(snapshot.unseen_accuracy * 100).toFixed(1)} % are named right.`;
      const drawn =
        dim === 2
          ? "Both dimensions, as they are; points are moved a little off the circle, not to hide one another."
          : dim === 3
            ? "All three dimensions, as they are. Drag to turn."
            : `The three principal components, ${Math.round(snapshot.explained * 100)} % of the variance of ${dim} dimensions. Drag to turn.`;
      caption.textContent = drawn + unseen;
      map.describe(
        `Map of ${heldOut.labels.length} held-out pictures after step ${snapshot.step} of ${snapshot.steps}; held-out 5-NN accuracy ${accuracy}`,
      );
    }
    function remove() {
      map.remove();
      root.remove();
    }
    return { root, show, remove };
  };
})(window.siamese);
