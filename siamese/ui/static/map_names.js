// Names on the map: of each label, in the middle of its points, and of the visitor's own points.
((siamese) => {
  const MOST = 40; // names at once
  const SHORT = 3; // letters that stand in a box; one of a longer name would hide a small cluster
  const [LETTER, LINE, GAP] = [7.5, 20, 4]; // pixels: about how wide a letter is, how high a name, and what is left free

  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

  /** The middle of each label's points among some indices: [{label, place: [x, y, z], count}], the largest first. Pure. */
  siamese.labelMiddles = (indices, labels, axes) => {
    const members = new Map();
    for (const index of indices) {
      const label = labels[index];
      if (!members.has(label)) members.set(label, []);
      members.get(label).push(index);
    }
    const middle = ([label, indices]) => ({
      label,
      place: axes.map((axis) => median(indices.map((i) => axis[i]))),
      count: indices.length,
    });
    return [...members].map(middle).sort((a, b) => b.count - a.count);
  };

  /** Of names {text, x, y}, in pixels, those that fit: none overlaps an earlier one, and each lies within the plot. Pure. */
  siamese.namesThatFit = (names, size, most = MOST) => {
    const taken = [];
    for (const name of names) {
      if (taken.length === most) break;
      const half = (Math.min(name.text.length, 26) * LETTER) / 2 + GAP;
      const inside = name.x > 0 && name.y > 0 && name.x < size.width && name.y < size.height;
      const free = (other) => Math.abs(other.x - name.x) > half + other.half || Math.abs(other.y - name.y) > LINE;
      if (inside && taken.every(free)) taken.push({ ...name, half });
    }
    return taken;
  };

  /** Puts names {text, x, y, own, colour} on the map, as elements of `layer`. */
  siamese.mapNames = (layer) => {
    const spans = [];
    return (names, size) => {
      const fitting = siamese.namesThatFit(names, size);
      while (spans.length < fitting.length) {
        spans.push(siamese.el("span", { class: "map-name" }));
        layer.append(spans.at(-1));
      }
      spans.forEach((span, i) => {
        const name = fitting[i];
        span.hidden = !name;
        if (!name) return;
        if (span.textContent !== name.text) span.textContent = name.text;
        span.classList.toggle("is-own", Boolean(name.own));
        span.classList.toggle("is-long", !name.own && name.text.length > SHORT);
        span.style.setProperty("--digit", name.colour ?? "transparent");
        // A name stays whole at the plot's edge.
        const x = Math.min(Math.max(name.x, name.half), size.width - name.half);
        span.style.transform = `translate(${x.toFixed(1)}px, ${name.y.toFixed(1)}px) translate(-50%, -50%)`;
      });
    };
  };
})(window.siamese);
