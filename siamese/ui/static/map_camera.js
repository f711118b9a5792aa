// What of the map is shown: moving and zooming it, and keeping the overlay and the address at what plotly shows.
((siamese) => {
  const SETTLED = 400; // milliseconds without a movement, after which the address is written
  const CLOSEST = 1e-3; // of a view's width, in the map's units

  siamese.mapCamera = (holder, state, figure, overlay, size) => {
    const { rangesOf, viewOf, viewText, fit } = siamese.mapGeometry;
    let timer = null;
    let last = size();

    /** The views of the flat projections that show all points; that of the address, if it has one. */
    function start() {
      for (const view of ["tsne", "pca"]) {
        const [xs, ys] = figure.axesOf(view);
        state.views[view] = fit(xs, ys, size());
        state.whole[view] = state.views[view].width;
      }
      if (state.at) state.views[state.view] = state.at;
    }

    function remember() {
      if (!figure.flat()) return;
      const view = state.views[state.view];
      const all = Math.abs(view.width / state.whole[state.view] - 1) < 1e-3;
      clearTimeout(timer);
      // Browsers allow so many changes of the address in a while, and no more.
      timer = setTimeout(() => siamese.link.set({ at: all ? null : viewText(view) }), SETTLED);
    }

    function show(view) {
      state.views[state.view] = { ...view, width: Math.max(view.width, CLOSEST) };
      const { x, y } = rangesOf(state.views[state.view], size());
      return Plotly.relayout(holder, { "xaxis.range": x, "yaxis.range": y });
    }

    function look(eye, up = state.camera.up, center = state.camera.center) {
      state.camera = { ...state.camera, eye, up, center };
      return Plotly.relayout(holder, { "scene.camera": state.camera });
    }

    function zoom(factor) {
      const view = state.views[state.view];
      if (figure.flat()) return show({ ...view, width: view.width * factor });
      const { eye, center } = state.camera;
      const along = (axis) => center[axis] + (eye[axis] - center[axis]) * factor;
      return look({ x: along("x"), y: along("y"), z: along("z") });
    }

    /** Move by shares of the plot's width and height; in 3-D, turn. */
    function go(right, up) {
      const view = state.views[state.view];
      const height = (view?.width * size().height) / size().width;
      if (figure.flat()) return show({ ...view, x: view.x + right * view.width, y: view.y + up * height });
      const { eye } = state.camera;
      const [flat, turn] = [Math.hypot(eye.x, eye.y), Math.atan2(eye.y, eye.x) + right * 2];
      const distance = Math.hypot(flat, eye.z);
      const tilt = Math.max(-1.5, Math.min(1.5, Math.atan2(eye.z, flat) + up * 2));
      const across = distance * Math.cos(tilt);
      return look({ x: across * Math.cos(turn), y: across * Math.sin(turn), z: distance * Math.sin(tilt) });
    }

    /** Show all points that are shown at all. */
    const whole = () =>
      figure.flat()
        ? show(overlay.whole())
        : look({ x: 1.25, y: 1.25, z: 1.25 }, { x: 0, y: 0, z: 1 }, { x: 0, y: 0, z: 0 });

    // plotly tells of a movement by what has changed, in one of two ways of writing it.
    function moved(event) {
      if (figure.flat()) {
        const range = (axis) => {
          const ends = [event[`${axis}.range[0]`], event[`${axis}.range[1]`]];
          return ends[0] === undefined ? event[`${axis}.range`] : ends;
        };
        const [x, y] = [range("xaxis"), range("yaxis")];
        if (x && y) state.views[state.view] = viewOf(x, y);
        remember();
      } else if (event["scene.camera"]) {
        const { eye, up, center } = event["scene.camera"];
        state.camera = { ...state.camera, eye, up, center };
      }
      overlay.schedule();
    }

    async function resized() {
      const now = size();
      if (!holder.clientWidth || (now.width === last.width && now.height === last.height)) return;
      last = now;
      const all = {};
      for (const view of ["tsne", "pca"]) {
        const [xs, ys] = figure.axesOf(view);
        all[view] = Math.abs(state.views[view].width / state.whole[view] - 1) < 1e-3;
        const whole = fit(xs, ys, now);
        state.whole[view] = whole.width;
        if (all[view]) state.views[view] = whole;
      }
      await Plotly.Plots.resize(holder);
      if (figure.flat()) await show(state.views[state.view]);
      overlay.schedule();
    }

    function follow() {
      holder.on("plotly_relayouting", moved);
      holder.on("plotly_relayout", moved);
      holder.on("plotly_doubleclick", () => state.lasso || whole());
      new ResizeObserver(resized).observe(holder);
    }

    return { start, follow, remember, zoom, go, whole };
  };
})(window.siamese);
