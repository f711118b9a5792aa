// What a loss pulls together and pushes apart in a batch: lines on a run's map, and the words to them.
((siamese) => {
  const RING = 4.5; // pixels, radius of a picture of the batch
  const ARROW = 6; // pixels, length of an arrow's head
  const REACH = 15; // pixels, of the arrows that push, outwards

  const number = (count) => count.toLocaleString("en");

  /** The words to the lines of a snapshot: what is pulled, what is pushed, and in which batch. Each is a list of parts:
   * text, {term} of the glossary, or {key, text}, whose key is the colour's.
   *
   *   lines: { step, pulled, pushed, active, possible }; settings: of the run; step: of the snapshot
   *   label, many: what labels are called
   */
  siamese.learnLinesWords = (lines, settings, step, label, many) => {
    const { loss, mining, margin, temperature } = settings;
    const batch = step ? `In the batch of step ${lines.step}` : "In the first batch";
    const left = lines.pulled.length + lines.pushed.length ? "the strongest are drawn" : "nothing is left to draw";
    const rings =
      "Rings are pictures of that batch, from the training set and before augmentation, where the network puts them now.";
    const pulled = { key: "same", text: "Pulled together: " };
    const pushed = { key: "different", text: "Pushed apart: " };
    const [pulling, pushing] = lines.active.map(number);
    const [same, different] = lines.possible.map(number);
    if (loss === "triplet") {
      const hard = mining === "batch-hard";
      return [
        [
          pulled,
          "an ",
          { term: "anchor" },
          " (filled) and its ",
          { term: "positive" },
          hard ? `, the farthest of its own ${label}.` : `, one of its own ${label}.`,
        ],
        [
          pushed,
          "the anchor and its ",
          { term: "negative" },
          `, the nearest of another ${label}${hard ? "" : " that is farther than the positive"}.`,
        ],
        [
          "A triplet is at rest once its negative is farther than its positive by the ",
          { term: "margin" },
          `, ${margin}. ${batch}, ${pulling} of ${same} triplets are not; ${left}. ${rings}`,
        ],
      ];
    }
    const harder = `two pictures of one ${label}, the harder the farther apart they lie.`;
    if (loss === "supcon")
      return [
        [pulled, harder],
        [pushed, `two pictures of different ${many}, the harder the nearer they lie.`],
        [
          "No pair is ever quite at rest, but the lower the ",
          { term: "temperature" },
          `, here ${temperature}, the more the nearest count alone. ${batch}, ${left}. ${rings}`,
        ],
      ];
    return [
      [pulled, harder],
      [
        pushed,
        `two pictures of different ${many}, while they lie nearer than the `,
        { term: "margin" },
        `, ${margin}.`,
      ],
      [
        `${batch}, ${pulling} of ${same} pairs of one ${label} are pulled and ${pushing} of ${different} others pushed; ${left}. ${rings}`,
      ],
    ];
  };

  /** These words as paragraphs. */
  siamese.learnLinesNodes = (paragraphs) =>
    paragraphs.map((parts) => {
      const nodes = [];
      for (const part of parts) {
        if (part.key) nodes.push(siamese.el("b", { class: `key-${part.key}`, text: part.text }));
        else if (part.term) nodes.push(siamese.el("span", { class: "learn-word" }, siamese.term(part.term)));
        else {
          // A comma stays with the word that it follows.
          const [mark] = part.match(/^[,.]/) ?? [""];
          if (mark) nodes.at(-1).append(mark);
          nodes.push(part.slice(mark.length));
        }
      }
      return siamese.el("p", {}, ...nodes);
    });

  /** Where the ends of the lines lie, in pixels: [x, y] of each picture of the batch. */
  siamese.learnLineEnds = (lines, axes, scale, project) =>
    lines.labels.map((_, i) => {
      const [x, y, z = 0] = lines.positions.slice(i * axes, (i + 1) * axes);
      return project(x * scale, y * scale, z * scale).slice(0, 2);
    });

  // Paint the lines; a pull's arrows point at each other, a push's away from each other.
  //   ends: as `learnLineEnds` makes them; colours: { same, different, surface, labels }
  siamese.learnPaintLines = (context, lines, ends, colours, triplets) => {
    const head = ([x, y], [dx, dy]) => {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x - (dx - dy * 0.6) * ARROW, y - (dy + dx * 0.6) * ARROW);
      context.lineTo(x - (dx + dy * 0.6) * ARROW, y - (dy - dx * 0.6) * ARROW);
      context.fill();
    };
    const direction = ([ax, ay], [bx, by]) => {
      const length = Math.hypot(bx - ax, by - ay);
      return length > 0.5 ? [(bx - ax) / length, (by - ay) / length, length] : [1, 0, 0];
    };
    const stroke = (colour, dashes, ...points) => {
      for (const [style, width] of [
        [colours.surface, 4.5],
        [colour, 2],
      ]) {
        context.strokeStyle = context.fillStyle = style;
        context.lineWidth = width;
        context.setLineDash(dashes);
        context.beginPath();
        for (const [i, point] of points.entries()) context[i ? "lineTo" : "moveTo"](...point);
        context.stroke();
      }
      context.setLineDash([]);
    };
    context.lineCap = "round";
    for (const [a, b] of lines.pulled.map((pair) => pair.map((i) => ends[i]))) {
      const [dx, dy, length] = direction(a, b);
      stroke(colours.same, [], a, b);
      if (length < 4 * ARROW + 2 * RING) continue;
      const off = RING + 1.6 * ARROW;
      head([a[0] + dx * off, a[1] + dy * off], [dx, dy]);
      head([b[0] - dx * off, b[1] - dy * off], [-dx, -dy]);
    }
    for (const [a, b] of lines.pushed.map((pair) => pair.map((i) => ends[i]))) {
      const [dx, dy] = direction(a, b);
      const [from, to] = [
        [a[0] - dx * REACH, a[1] - dy * REACH],
        [b[0] + dx * REACH, b[1] + dy * REACH],
      ];
      stroke(colours.different, [5, 4], a, b);
      stroke(colours.different, [], a, from);
      stroke(colours.different, [], b, to);
      head([from[0] - dx * ARROW, from[1] - dy * ARROW], [-dx, -dy]);
      head([to[0] + dx * ARROW, to[1] + dy * ARROW], [dx, dy]);
    }
    const anchors = new Set(triplets ? lines.pulled.map(([anchor]) => anchor) : []);
    for (const [i, [x, y]] of ends.entries()) {
      const colour = colours.labels[lines.labels[i] % colours.labels.length];
      context.beginPath();
      context.arc(x, y, RING, 0, 7);
      context.fillStyle = anchors.has(i) ? colour : colours.surface;
      context.fill();
      context.strokeStyle = colour;
      context.lineWidth = 2.5;
      context.stroke();
    }
  };
})(window.siamese);
