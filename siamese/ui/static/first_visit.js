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

  // What the visitor does in a square, at one of its buttons, or at the buttons of the examples, which put other pictures
  // there. It is listened to before the squares are there, since a picture takes a while to arrive in one.
  let interrupted = false;
  let interrupt = () => {};
  function acted(event) {
    if (event.type === "keydown" && ["Tab", "Shift", "Escape"].includes(event.key)) return;
    const within = Boolean(event.target.closest?.(SIDES.join()));
    if (!within && !event.target.closest?.(".examples")) return;
    for (const type of ACTIONS) document.removeEventListener(type, acted, true);
    interrupted = true;
    interrupt(within);
  }
  for (const type of ACTIONS) document.addEventListener(type, acted, true);

  function play(pads) {
    const live = document.querySelectorAll(".verdict [aria-live]");
    const begun = performance.now();

    // What the page does by itself is not read out.
    for (const node of live) node.setAttribute("aria-live", "off");
    interrupt = (clear) => {
      for (const node of live) node.setAttribute("aria-live", "polite");
      for (const pad of pads) {
        pad.example(false);
        if (clear) pad.clear();
      }
    };

    function frame(now) {
      if (interrupted) return;
      const share = Math.min(1, (now - begun) / 1000 / SECONDS);
      for (const [i, pad] of pads.entries()) pad.show(siamese.partOfStrokes(PAIR[i], share * 2 - i));
      if (share < 1) return requestAnimationFrame(frame);
      for (const pad of pads) {
        pad.send();
        pad.example(true);
      }
    }
    requestAnimationFrame(frame);
  }

  // Called by each square of the Compare tab once it is there. `pad` is { blank, show, send, clear, example }.
  const ready = {};
  siamese.firstVisit = (element, pad) => {
    const side = SIDES.find((one) => element.closest(one));
    if (!side || ready.done) return;
    ready[side] = pad;
    const pads = SIDES.map((one) => ready[one]);
    if (!pads.every(Boolean)) return;
    ready.done = true;
    const visited = VISITED + location.pathname;
    if (
      interrupted ||
      siamese.link.get("tab") ||
      siamese.link.get("example") ||
      siamese.remembered(visited) ||
      pads.some((one) => !one.blank())
    )
      return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    siamese.remember(visited, "yes");
    play(pads);
  };
})(window.siamese);
