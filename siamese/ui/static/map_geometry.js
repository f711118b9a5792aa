// Where things of the map stand on the screen. Pure: nothing here touches the page.
//
// What a flat map shows is a view {x, y, width}: its middle and its width in the projection's units, of which both axes have
// the same. What the 3-D map shows is plotly's camera {eye, center, up}. All pixels count from the plot's upper left corner.
((siamese) => {
  const FIELD = Math.PI / 4; // the vertical angle of plotly's 3-D camera
  const AROUND = 1.08; // as much larger than the points is what shows them all

  const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const unit = (a) => a.map((value) => value / (Math.hypot(...a) || 1));
  const vector = ({ x, y, z }) => [x, y, z];

  /** [least, largest] of some numbers, those that are not finite left out. */
  function extent(values) {
    let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of values) {
      if (value < least) least = value;
      if (value > largest) largest = value;
    }
    return least <= largest ? [least, largest] : [0, 0];
  }

  /** The view that shows all of some points in a plot of `size` {width, height}. */
  function fit(xs, ys, size) {
    const [[left, right], [bottom, top]] = [extent(xs), extent(ys)];
    const width = Math.max(right - left, ((top - bottom) * size.width) / size.height, 1e-3) * AROUND;
    return { x: (left + right) / 2, y: (bottom + top) / 2, width };
  }

  /** The ranges of plotly's two axes that show a view, and back. */
  function rangesOf(view, size) {
    const [w, h] = [view.width / 2, (view.width * size.height) / size.width / 2];
    return { x: [view.x - w, view.x + w], y: [view.y - h, view.y + h] };
  }
  const viewOf = (x, y) => ({ x: (x[0] + x[1]) / 2, y: (y[0] + y[1]) / 2, width: x[1] - x[0] });

  /** A view in the address, "x_y_width", and back; null for what is no view. */
  const viewText = (view) => [view.x, view.y, view.width].map((value) => Number(value.toFixed(3))).join("_");
  function parseView(text) {
    const numbers = (text ?? "").split(/[_,]/).map((part) => (part.trim() ? Number(part) : Number.NaN));
    const sound = numbers.length === 3 && numbers.every((value) => Math.abs(value) < 100) && numbers[2] >= 1e-3;
    return sound ? { x: numbers[0], y: numbers[1], width: numbers[2] } : null;
  }

  /** A function (x, y) -> [px, py] for a flat view. */
  function flat(view, size) {
    const scale = size.width / view.width;
    return (x, y) => [size.width / 2 + (x - view.x) * scale, size.height / 2 - (y - view.y) * scale];
  }

  /** The box that the 3-D map draws in: the ranges of its axes, and how long each is drawn. */
  function boxOf(...axes) {
    const ranges = axes.map(extent).map(([least, largest]) => {
      const margin = Math.max((largest - least) * 0.03, 1e-3);
      return [least - margin, largest + margin];
    });
    const longest = Math.max(...ranges.map(([least, largest]) => largest - least));
    return { ranges, aspect: ranges.map(([least, largest]) => (1.6 * (largest - least)) / longest) };
  }

  /** A function (x, y, z) -> [px, py] for the 3-D map; what lies behind the camera gets no place, [NaN, NaN]. */
  function perspective(camera, box, size) {
    const [eye, centre] = [vector(camera.eye), vector(camera.center)];
    const ahead = unit(subtract(centre, eye));
    const right = unit(cross(ahead, vector(camera.up)));
    const up = cross(right, ahead);
    const focal = size.height / 2 / Math.tan(FIELD / 2);
    const inBox = (value, axis) => {
      const [least, largest] = box.ranges[axis];
      return (box.aspect[axis] * (value - (least + largest) / 2)) / (largest - least);
    };
    return (x, y, z) => {
      const from = subtract([inBox(x, 0), inBox(y, 1), inBox(z, 2)], eye);
      const depth = dot(from, ahead);
      if (depth < 0.01) return [Number.NaN, Number.NaN];
      return [size.width / 2 + (dot(from, right) * focal) / depth, size.height / 2 - (dot(from, up) * focal) / depth];
    };
  }

  /** How far a movement of `duration` has come after `elapsed`: 0 to 1, slow at both ends. */
  function eased(elapsed, duration) {
    const t = Math.min(Math.max(elapsed / duration, 0), 1);
    return t * t * (3 - 2 * t);
  }

  /** Pixels between two lists of them, [x0, y0, x1, y1 ...]. */
  function between(from, to, share) {
    const out = new Float32Array(from.length);
    for (let i = 0; i < out.length; i++) out[i] = from[i] + (to[i] - from[i]) * share;
    return out;
  }

  siamese.mapGeometry = {
    extent,
    fit,
    rangesOf,
    viewOf,
    viewText,
    parseView,
    flat,
    boxOf,
    perspective,
    eased,
    between,
  };
})(window.siamese);
