// Pictures on the map: zoomed in, points become their pictures, drawn on a canvas over the plot.
((siamese) => {
  const MOST = 400; // pictures at a time
  const CROWD = 4000; // points in view, above which there are no pictures yet
  const SIDE = 24; // pixels of the smallest picture; they grow with the zoom to twice that, then there are more of them
  const LARGEST = 46;
  const KEPT = 2 * MOST; // files at a time

  /**
   * Of some points those that may become pictures of a `side`, in the map's units, so that none hides another. Pure.
   *
   * It is the same for the whole map, whatever part of it is shown: so the same ones stay while the map is moved.
   */
  siamese.spreadOut = (indices, place, side) => {
    const cells = new Map(); // what is taken, by cells of this side
    const key = (column, row) => column * 1e6 + row;
    return indices.filter((index) => {
      const [x, y] = place(index);
      const [column, row] = [Math.floor(x / side), Math.floor(y / side)];
      for (let c = column - 1; c <= column + 1; c++) {
        for (let r = row - 1; r <= row + 1; r++) {
          const other = cells.get(key(c, r));
          if (other && Math.abs(other[0] - x) < side && Math.abs(other[1] - y) < side) return false;
        }
      }
      cells.set(key(column, row), [x, y]);
      return true;
    });
  };

  /** How large pictures are at a zoom: in the map's units, which halve with each zoom of two, and in pixels. Pure. */
  siamese.pictureSide = (scale) => {
    const units = 2 ** Math.ceil(Math.log2(SIDE / scale));
    return { units, pixels: Math.min(units * scale * 0.94, LARGEST) };
  };

  /**
   * Which points become pictures: [{index, x, y}] in pixels of the plot, at most 400, those nearest to its middle. Pure.
   *
   * indices: of all points that are shown; spread: of those that `spreadOut` has left; always: come whatever they hide, the
   * last on top. project: (index) -> [px, py]. zoomed: whether the map shows less than all of it.
   */
  siamese.choosePictures = ({ indices, spread, always, project, side, size, zoomed }) => {
    const inView = ([x, y]) => x > -side && y > -side && x < size.width + side && y < size.height + side;
    let crowd = 0;
    for (const index of indices) if (inView(project(index)) && ++crowd > (zoomed ? CROWD : MOST)) return [];
    const first = new Set(always);
    const at = (index) => {
      const [x, y] = project(index);
      return { index, x, y };
    };
    const seen = ({ x, y }) => inView([x, y]);
    const marked = always.map(at).filter(seen);
    const away = ({ x, y }) => Math.hypot(x - size.width / 2, y - size.height / 2);
    let others = spread
      .filter((index) => !first.has(index))
      .map(at)
      .filter(seen);
    if (others.length + marked.length > MOST)
      others = others.sort((a, b) => away(a) - away(b)).slice(0, Math.max(0, MOST - marked.length));
    return [...others, ...marked];
  };

  /** Images of some addresses, of which the last ones are kept: a function of one, null until it has come. Calls `then` when one has. */
  siamese.images = (make, then, most = KEPT) => {
    const kept = new Map(); // the one that was asked for last comes last
    return (url) => {
      let image = kept.get(url);
      kept.delete(url);
      if (!image) {
        image = make();
        image.onload = then;
        image.src = url;
        if (kept.size >= most) kept.delete(kept.keys().next().value);
      }
      kept.set(url, image);
      return image.complete && image.naturalWidth > 0 ? image : null;
    };
  };

  /** The pictures' canvas. `sheet` is as `siamese.cell` takes it; `then` is called when more of them can be drawn. */
  siamese.mapPictures = (canvas, sheet, then) => {
    const context = canvas.getContext("2d");
    const imageOf = siamese.images(() => new Image(), then);
    let drawn = [];
    let half = { x: 0, y: 0 };

    function clear(size) {
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      drawn = [];
    }

    /** Draw those pictures that have come, each in a frame of its colour; `strong` ones in the text's. Then the visitor's stars. */
    function draw(chosen, side, { colourOf, strong, strongColour, stars }) {
      const zoom = side / Math.max(sheet.width, sheet.height);
      const [w, h] = [sheet.width * zoom, sheet.height * zoom];
      context.imageSmoothingEnabled = sheet.kind !== "ink" || zoom < 1;
      drawn = chosen.filter(({ index, x, y }) => {
        const { url, columns, column, row } = siamese.cell(sheet, index);
        const image = imageOf(url);
        if (!image) return false;
        const cellWidth = image.naturalWidth / columns;
        const cellHeight = (cellWidth * sheet.height) / sheet.width;
        const frame = strong.has(index) ? 3 : 2;
        context.fillStyle = strong.has(index) ? strongColour : colourOf(index);
        context.fillRect(x - w / 2 - frame, y - h / 2 - frame, w + 2 * frame, h + 2 * frame);
        const [left, top] = [column * cellWidth, row * cellHeight];
        context.drawImage(image, left, top, cellWidth, cellHeight, x - w / 2, y - h / 2, w, h);
        return true;
      });
      half = { x: w / 2 + 2, y: h / 2 + 2 };
      if (drawn.length) for (const [x, y] of stars) star(x, y);
    }

    // plotly's star lies below the pictures.
    function star(x, y) {
      context.beginPath();
      for (let i = 0; i < 10; i++) {
        const [angle, radius] = [(i * Math.PI) / 5 - Math.PI / 2, i % 2 ? 4.5 : 11];
        context.lineTo(x + Math.cos(angle) * radius, y + Math.sin(angle) * radius);
      }
      context.closePath();
      context.lineWidth = 1.5;
      context.fillStyle = siamese.OWN_COLOUR;
      context.strokeStyle = "#222";
      context.fill();
      context.stroke();
    }

    /** The index of the picture at a pixel, the uppermost, or null. */
    const at = (x, y) =>
      drawn.findLast((picture) => Math.abs(picture.x - x) <= half.x && Math.abs(picture.y - y) <= half.y)?.index ??
      null;

    return { clear, draw, at, context, count: () => drawn.length };
  };
})(window.siamese);
