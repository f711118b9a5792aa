// What plotly draws on the map: the figure that Python built, and over it what depends on the visitor.
((siamese) => {
  // Traces and layout for a visitor's choices. `data` is as `siamese.unpackFigure` makes it; `state` is kept by `siamese.map`: view "tsne",
  // "pca" or "pca3" (3-D); where each is looked at from (`views`, `camera`); colour "digit" or "wrong"; hidden labels; the
  // indices that alone are shown (`only`), or null; lasso on or off; selected index, "own" or null; links to the neighbours
  // of what is selected; own: where the visitor's drawing stands, or null.
  siamese.mapFigure = (data, state, size) => {
    const { rangesOf, boxOf } = siamese.mapGeometry;
    const flat = (view = state.view) => view !== "pca3";
    const textColour = () => getComputedStyle(document.body).getPropertyValue("--body-text-color").trim() || "#222";
    const dragmode = () => (flat() ? (state.lasso ? "lasso" : "pan") : "orbit");
    const box = boxOf(data.px, data.py, data.pz);

    // --- positions ---
    const axesOf = (view = state.view) => (view === "tsne" ? [data.x, data.y, data.pz] : [data.px, data.py, data.pz]);
    function positionOf(index) {
      const [x, y, z] = axesOf();
      return { x: x[index], y: y[index], z: z[index] };
    }
    // The visitor's own points: one, or those of a whole set, which have names.
    const ownPoints = () => (state.own ? state.own.points || [state.own] : []);
    function ownPosition(point = ownPoints()[0]) {
      if (!point) return null;
      const [x, y, z] = state.view === "tsne" ? point.xy : point.pca;
      return { x, y, z };
    }
    const coordinates = ({ x, y, z }) => (flat() ? { x, y } : { x, y, z });
    const columns = (points) =>
      coordinates({ x: points.map((p) => p.x), y: points.map((p) => p.y), z: points.map((p) => p.z) });
    const ring = () => columns(typeof state.selected === "number" ? [positionOf(state.selected)] : []);
    const own = () => columns(ownPoints().map(ownPosition));
    function links() {
      const lines = { x: [], y: [], z: [] };
      const from =
        state.selected == null ? null : state.selected === "own" ? ownPosition() : positionOf(state.selected);
      for (const link of from ? state.links : []) {
        const to = positionOf(link.index);
        for (const axis of ["x", "y", "z"]) lines[axis].push(from[axis], to[axis], null);
      }
      return coordinates(lines);
    }

    // --- traces: one for each label, in the figure's order (or one for all); then what is faded, the links, the ring, and
    // the visitor's points ---
    const FADED = data.members.length;
    const LINKS = FADED + 1;
    const RING = FADED + 2;
    const OWN = FADED + 3;

    const isShown = (i) => !state.hidden.has(data.labels[i]) && (!state.only || state.only.has(i));
    // A trace of one label is hidden as a whole.
    const shownOf = (members) => (state.only || (data.single && state.hidden.size) ? members.filter(isShown) : members);
    const fadedOf = (members) => members.filter((i) => !state.hidden.has(data.labels[i]) && !state.only.has(i));
    const grey = () => (siamese.dark() ? "#4b5563" : "#c3c9d2");

    /** A function of an index: its point's colour. */
    function colourOf() {
      const palette = siamese.palette();
      const [right, wrong] = [grey(), siamese.dark() ? "#f0935a" : "#d55e00"];
      if (state.colour === "wrong" && data.judged) return (i) => (data.wrong[i] ? wrong : right);
      return (i) => palette[data.colours[data.labels[i]]];
    }

    function pointColours(trace) {
      const colour = colourOf();
      if (state.colour === "digit" && !data.single) return colour(data.members[trace][0]);
      return shownOf(data.members[trace]).map(colour);
    }

    function pointsOf(members, size) {
      const [x, y, z] = axesOf();
      const at = (axis) => members.map((i) => axis[i]);
      return {
        type: flat() ? "scattergl" : "scatter3d",
        ...coordinates({ x: at(x), y: at(y), z: flat() ? [] : at(z) }),
        marker: { size: size * (flat() ? 1 : 0.55) },
      };
    }

    function labelTrace(all, label) {
      const members = shownOf(all);
      const built = data.traces[label]; // by Python
      const points = pointsOf(members, built.marker.size);
      return {
        ...built,
        ...points,
        customdata: members,
        visible: data.single || !state.hidden.has(label),
        marker: { ...built.marker, ...points.marker, color: pointColours(label) },
      };
    }

    function fadedTrace() {
      const points = pointsOf(state.only ? data.members.flatMap(fadedOf) : [], 3.5);
      return {
        ...points,
        mode: "markers",
        hoverinfo: "skip",
        marker: { ...points.marker, color: grey(), opacity: 0.3 },
      };
    }

    function traces() {
      const type = flat() ? "scattergl" : "scatter3d";
      const colour = textColour();
      const line = { type, mode: "lines", hoverinfo: "skip", line: { color: colour, width: 1.2 } };
      const circle = {
        type,
        mode: "markers",
        hoverinfo: "skip",
        marker: {
          size: flat() ? 13 : 6,
          color: "rgba(0,0,0,0)",
          symbol: flat() ? "circle" : "circle-open",
          line: { color: colour, width: 2 },
        },
      };
      const star = {
        type,
        mode: "markers",
        hoverinfo: "skip",
        marker: {
          size: flat() ? 17 : 9,
          symbol: flat() ? "star" : "diamond",
          color: siamese.OWN_COLOUR,
          line: { color: siamese.dark() ? "#10202c" : "#222", width: 1.5 },
        },
      };
      return [
        ...data.members.map(labelTrace),
        fadedTrace(),
        { ...line, ...links() },
        { ...circle, ...ring() },
        { ...star, ...own() },
      ];
    }

    function layout() {
      const bare = { visible: false, zeroline: false, showgrid: false };
      const common = { ...data.layout, dragmode: dragmode(), uirevision: state.view };
      if (flat()) {
        const { x, y } = rangesOf(state.views[state.view], size());
        return { ...common, xaxis: { ...bare, range: x }, yaxis: { ...bare, range: y, scaleanchor: "x" } };
      }
      const axes = ["x", "y", "z"];
      const ranges = axes.map((axis, i) => [`${axis}axis`, { ...bare, range: box.ranges[i] }]);
      const aspectratio = Object.fromEntries(axes.map((axis, i) => [axis, box.aspect[i]]));
      return {
        ...common,
        scene: { ...Object.fromEntries(ranges), aspectmode: "manual", aspectratio, camera: state.camera },
      };
    }

    // The coordinates of some of the last traces, as `Plotly.restyle` takes them.
    function update(indices) {
      const chosen = indices.map((i) => ({ [LINKS]: links, [RING]: ring, [OWN]: own })[i]());
      const axes = flat() ? ["x", "y"] : ["x", "y", "z"];
      return Object.fromEntries(axes.map((axis) => [axis, chosen.map((trace) => trace[axis])]));
    }

    return {
      LINKS,
      RING,
      OWN,
      box,
      flat,
      dragmode,
      axesOf,
      isShown,
      ownPoints,
      ownPosition,
      colourOf,
      pointColours,
      traces,
      layout,
      update,
    };
  };
})(window.siamese);
