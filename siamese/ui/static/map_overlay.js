// What lies over the plot: pictures, names, and points on their way from one projection to another. It follows the plot's
// view, one frame of the browser at a time.
((siamese) => {
  const ZOOMED = 0.75; // of the whole map's width: the view's, below which it counts as zoomed in
  const NARROW = 600; // pixels of a plot, in which long names would hide the points
  const NAME_UP = 20; // pixels from the visitor's star to its name

  siamese.mapOverlay = (element, data, state, figure, size, sheet) => {
    const { flat, perspective, fit } = siamese.mapGeometry;
    const pictures = siamese.mapPictures(element.querySelector(".map-pictures"), sheet, schedule);
    const putNames = siamese.mapNames(element.querySelector(".map-names"));
    const moves = siamese.mapMoves(pictures);
    let shown = null; // indices
    let middles = null;
    let spread = null; // of these, the indices that may become pictures, at one zoom
    let colourOf = null;
    let asked = false;

    function prepare() {
      if (shown) return;
      shown = data.indices.filter(figure.isShown);
      spread = null;
      middles = siamese.labelMiddles(shown, data.labels, figure.axesOf());
      colourOf = figure.colourOf();
    }

    const projection = () =>
      figure.flat() ? flat(state.views[state.view], size()) : perspective(state.camera, figure.box, size());

    /** The view that shows all points that are shown. */
    function whole() {
      prepare();
      const [xs, ys] = figure.axesOf();
      const own = figure.ownPoints().map((point) => figure.ownPosition(point));
      const points = shown.length || own.length ? shown : data.indices;
      return fit(
        [...points.map((i) => xs[i]), ...own.map((p) => p.x)],
        [...points.map((i) => ys[i]), ...own.map((p) => p.y)],
        size(),
      );
    }

    // Of the visitor's points: where each stands on the screen.
    const ownPixels = (project) =>
      figure.ownPoints().map((point) => {
        const { x, y, z } = figure.ownPosition(point);
        return project(x, y, z);
      });

    function names(project, own) {
      const mine = own.map(([x, y], i) => ({
        text: state.own.points?.[i].name ?? "you",
        x,
        y: y - NAME_UP,
        own: true,
      }));
      const named = ({ label, place }) => {
        const [x, y] = project(...place);
        const name = data.names[label];
        return {
          text: size().width < NARROW ? siamese.short(name) : name,
          x,
          y,
          colour: siamese.colour(data.colours[label]),
        };
      };
      return [...mine, ...(state.names ? middles.map(named) : [])];
    }

    function drawPictures(project, own) {
      const view = state.views[state.view];
      const [xs, ys] = figure.axesOf();
      const strong = new Set(state.links.map((link) => link.index));
      if (typeof state.selected === "number") strong.add(state.selected);
      const { units, pixels: side } = siamese.pictureSide(size().width / view.width);
      if (spread?.units !== units) {
        spread = { units, indices: siamese.spreadOut(shown, (i) => [xs[i], ys[i]], units) };
      }
      const chosen = siamese.choosePictures({
        indices: shown,
        spread: spread.indices,
        always: [...strong].filter(figure.isShown).reverse(), // what is selected comes last, and so on top
        project: (i) => project(xs[i], ys[i]),
        side,
        size: size(),
        zoomed: view.width < ZOOMED * state.whole[state.view],
      });
      if (!chosen.length) return;
      const strongColour = siamese.dark() ? "#fff" : "#111";
      pictures.draw(chosen, side, { colourOf, strong, strongColour, stars: own });
    }

    function render() {
      asked = false;
      if (moves.busy()) return;
      prepare();
      const project = projection();
      const own = ownPixels(project);
      pictures.clear(size());
      if (figure.flat()) drawPictures(project, own);
      putNames(names(project, own), size());
      element.dataset.pictures = pictures.count();
    }

    /** Draw again before the browser's next frame: the plot has moved. */
    function schedule() {
      if (!asked) requestAnimationFrame(render);
      asked = true;
    }

    /** Draw again, with other points or colours than before. */
    function changed() {
      shown = null;
      schedule();
    }

    /** Where all points stand on the screen now. */
    function pixels() {
      prepare();
      const project = projection();
      return Float32Array.from([...siamese.pixelsOf(shown, figure.axesOf(), project), ...ownPixels(project).flat()]);
    }

    /** Move all points from where they stood to where they stand now; resolves to whether they arrived. */
    function move(from) {
      const to = pixels();
      putNames([], size());
      const colours = [...shown.map(colourOf), ...figure.ownPoints().map(() => siamese.OWN_COLOUR)];
      return moves.move(colours, from, to, size());
    }

    function arrived() {
      moves.ended();
      changed();
    }

    return { schedule, changed, pixels, move, arrived, whole, at: pictures.at };
  };
})(window.siamese);
