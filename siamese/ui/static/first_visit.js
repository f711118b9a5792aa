// What a first visit finds in the Compare tab: two fours, drawn within a second, and their answer. The visitor's first stroke
// clears both. Nothing moves for those who asked for less motion: they, and later visits, find blank squares.
((siamese) => {
  const SECONDS = 1; // for both drawings
  const SIDES = ["#canvas-a", "#canvas-b"];
  const ACTIONS = ["pointerdown", "keydown", "drop", "paste", "change"]; // of a visitor
  const VISITED = "siamese-visited";
  // Points on a square of 280: an open four in two strokes, and a closed one in a single stroke. A corner is there twice,
  // which keeps it sharp.
  // biome-ignore format: a stroke a line
  const PAIR = [
    [[[105, 40], [88, 132], [88, 132], [208, 126]], [[175, 55], [168, 205]]],
    [[[172, 208], [172, 38], [172, 38], [76, 146], [76, 146], [220, 146]]],
  ];

  // The first part of some strokes, `share` (0 to 1) of their whole length, a stroke after the other.
  siamese.partOfStrokes = (strokes, share) => {
    const length = ([x, y], [u, v]) => Math.hypot(u - x, v - y);
    const lengths = strokes.map((stroke) =>
      stroke.slice(1).reduce((sum, point, i) => sum + length(stroke[i], point), 0),
    );
    let left = share * lengths.reduce((sum, one) => sum + one, 0);
    const drawn = [];
    for (const [first, ...rest] of strokes) {
      if (left <= 0) break;
      const part = [first];
      for (const point of rest) {
        const last = part.at(-1);
        const step = length(last, point);
        const reached = Math.min(1, left / step);
        part.push([last[0] + (point[0] - last[0]) * reached, last[1] + (point[1] - last[1]) * reached]);
        left -= step;
        if (left <= 0) break;
      }
      drawn.push(part);
    }
    return drawn;
  };

  function play(sides) {
    const pads = sides.map(({ pad }) => pad);
    const live = document.querySelectorAll(".verdict [aria-live]");
    const begun = performance.now();
    let over = false;

    // What the page does by itself is not read out.
    for (const node of live) node.setAttribute("aria-live", "off");

    function end(clear) {
      if (over) return;
      over = true;
      for (const type of ACTIONS) document.removeEventListener(type, acted, true);
      for (const node of live) node.setAttribute("aria-live", "polite");
      for (const pad of pads) {
        pad.example(false);
        if (clear) pad.clear();
      }
    }
    // In a square, or at one of its buttons. The buttons of the examples put other pictures there anyway.
    function acted(event) {
      if (event.type === "keydown" && ["Tab", "Shift", "Escape"].includes(event.key)) return;
      const within = sides.some(({ element }) => element.contains(event.target));
      if (within || event.target.closest?.(".examples")) end(within);
    }
    for (const type of ACTIONS) document.addEventListener(type, acted, true);

    function frame(now) {
      if (over) return;
      const share = Math.min(1, (now - begun) / 1000 / SECONDS);
      for (const [i, pad] of pads.entries()) pad.show(siamese.partOfStrokes(PAIR[i], share * 2 - i));
      if (share < 1) return requestAnimationFrame(frame);
      // One question for both: of two in one moment, Gradio has been seen to lose the second.
      for (const pad of pads) pad.send(pad === pads.at(-1));
      for (const pad of pads) pad.example(true);
    }
    requestAnimationFrame(frame);
  }

  // Called by each square of the Compare tab once it is there. `pad` is { blank, show, send, clear, example }.
  const ready = {};
  siamese.firstVisit = (element, pad) => {
    const side = SIDES.find((one) => element.closest(one));
    if (!side || ready.done) return;
    ready[side] = { element, pad };
    const sides = SIDES.map((one) => ready[one]);
    if (!sides.every(Boolean)) return;
    ready.done = true;
    const visited = VISITED + location.pathname;
    if (
      siamese.link.get("tab") ||
      siamese.link.get("example") ||
      siamese.remembered(visited) ||
      sides.some((one) => !one.pad.blank())
    )
      return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    siamese.remember(visited, "yes");
    play(sides);
  };
})(window.siamese);
