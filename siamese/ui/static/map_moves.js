// Points that move from one projection to another, drawn on the pictures' canvas while the plot is hidden: plotly would need
// longer for each frame than a frame may last.
((siamese) => {
  const DURATION = 650; // milliseconds

  /** Where points stand on the screen: [x0, y0, x1, y1 ...] of some indices. */
  siamese.pixelsOf = (indices, [xs, ys, zs], project) => {
    const out = new Float32Array(indices.length * 2);
    for (const [i, index] of indices.entries()) out.set(project(xs[index], ys[index], zs[index]), 2 * i);
    return out;
  };

  // A point, drawn once for each colour and then copied.
  function dot(colour, radius) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 2 * Math.ceil(radius) + 2;
    const context = canvas.getContext("2d");
    context.fillStyle = colour;
    context.arc(canvas.width / 2, canvas.width / 2, radius, 0, 2 * Math.PI);
    context.fill();
    return canvas;
  }

  siamese.mapMoves = (pictures) => {
    const { eased, between } = siamese.mapGeometry;
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    let moving = null;

    /**
     * Move points of some colours from pixels to pixels. Resolves to whether they arrived: false where another move began
     * meanwhile, which then goes on from where they were.
     */
    function move(colours, from, to, size) {
      const start = moving?.pixels.length === from.length ? moving.pixels : from;
      const own = { pixels: start };
      moving = own;
      if (still.matches) return Promise.resolve(true);
      const made = new Map([...new Set(colours)].map((colour) => [colour, dot(colour, 2.25)]));
      const dots = colours.map((colour) => made.get(colour));
      return new Promise((resolve) => {
        let began = null;
        function frame(now) {
          if (moving !== own) return resolve(false);
          began ??= now;
          own.pixels = between(start, to, eased(now - began, DURATION));
          pictures.clear(size);
          pictures.context.globalAlpha = 0.8;
          dots.forEach((dot, i) => {
            const half = dot.width / 2;
            pictures.context.drawImage(dot, own.pixels[2 * i] - half, own.pixels[2 * i + 1] - half);
          });
          pictures.context.globalAlpha = 1;
          if (now - began < DURATION) requestAnimationFrame(frame);
          else resolve(true);
        }
        requestAnimationFrame(frame);
      });
    }

    return { move, ended: () => (moving = null), busy: () => moving !== null };
  };
})(window.siamese);
