// What plotly draws on the map: the figure that Python built, and over it what depends on the visitor.
((siamese) => {
  // Unpack the figure: plotly's own JSON for arrays is base64 of little-endian numbers.
  siamese.unpackFigure = (figure) => {
    const arrays = {
      f4: Float32Array,
      f8: Float64Array,
      i1: Int8Array,
      u1: Uint8Array,
      i2: Int16Array,
      u2: Uint16Array,
      i4: Int32Array,
    };
    const array = (value) =>
      value.bdata ? Array.from(new arrays[value.dtype](siamese.bytes(value.bdata).buffer)) : value;
    const { meta, ...layout } = figure.layout;
    const count = meta.count;
    const out = {
      names: meta.names,
      labels: array(meta.labels),
      colours: meta.colours,
      wrong: array(meta.wrong),
      members: [],
      traces: figure.data,
      layout,
      single: figure.data.length === 1 && meta.names.length > 1,
    };
    for (const axis of ["x", "y", "px", "py", "pz"]) out[axis] = new Float32Array(count);
    figure.data.forEach((trace) => {
      const members = array(trace.customdata);
      const [x, y] = [array(trace.x), array(trace.y)];
      members.forEach((index, i) => {
        out.x[index] = x[i];
        out.y[index] = y[i];
      });
      out.members.push(members);
    });
    for (const axis of ["px", "py", "pz"]) out[axis].set(array(meta[axis]));
    return out;
  };

  // Traces and layout for a visitor's choices. `data` is an unpacked figure; `state` is kept by `siamese.map`:
  // view "tsne", "pca" or "pca3" (3-D); colour "digit" or "wrong"; hidden labels; lasso on or off; selected index, "own"
  // or null; links to the neighbours of what is selected; own: where the visitor's drawing stands, or null.
  siamese.mapFigure = (data, state) => {
    const flat = () => state.view !== "pca3";
    const textColour = () => getComputedStyle(document.body).getPropertyValue("--body-text-color").trim() || "#222";
    const dragmode = () => (flat() ? (state.lasso ? "lasso" : "pan") : "orbit");

    // --- positions ---
    const positionOf = (index) =>
      state.view === "tsne"
        ? { x: data.x[index], y: data.y[index] }
        : { x: data.px[index], y: data.py[index], z: data.pz[index] };
    // The visitor's own points: one, or those of a whole set, which have names.
    const ownPoints = () => (state.own ? state.own.points || [state.own] : []);
    function ownPosition(point = ownPoints()[0]) {
      if (!point) return null;
      if (state.view === "tsne") return { x: point.xy[0], y: point.xy[1] };
      const [x, y, z] = point.pca;
      return { x, y, z };
    }
    const coordinates = ({ x, y, z }) => (flat() ? { x, y } : { x, y, z });
    const single = (p) => coordinates({ x: p ? [p.x] : [], y: p ? [p.y] : [], z: p ? [p.z] : [] });
    const ring = () => single(state.selected == null || state.selected === "own" ? null : positionOf(state.selected));
    function own() {
      const places = ownPoints().map(ownPosition);
      // Names of many points would only cover one another.
      const text = !state.own?.points ? ["you"] : places.length > 30 ? [] : ownPoints().map((point) => point.name);
      return {
        ...coordinates({ x: places.map((p) => p.x), y: places.map((p) => p.y), z: places.map((p) => p.z) }),
        text,
      };
    }
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

    // --- traces: one for each label, in the figure's order (or one for all); then the links, the ring, and the visitor's point ---
    const LINKS = data.members.length;
    const RING = LINKS + 1;
    const OWN = LINKS + 2;

    // The points of a trace that are shown. A trace of one label is hidden as a whole.
    const shownOf = (members) =>
      data.single && state.hidden.size ? members.filter((i) => !state.hidden.has(data.labels[i])) : members;

    function pointColours(trace) {
      const palette = siamese.palette();
      const shown = shownOf(data.members[trace]);
      if (state.colour === "digit") {
        return data.single ? shown.map((i) => palette[data.colours[data.labels[i]]]) : palette[data.colours[trace]];
      }
      return shown.map((i) => (data.wrong[i] ? "#d55e00" : siamese.dark() ? "#4b5563" : "#c3c9d2"));
    }

    function labelTrace(all, label) {
      const members = shownOf(all);
      const points = members.map(positionOf);
      const built = data.traces[label]; // by Python
      const trace = {
        ...built,
        type: flat() ? "scattergl" : "scatter3d",
        customdata: members,
        x: points.map((p) => p.x),
        y: points.map((p) => p.y),
        visible: data.single || !state.hidden.has(label),
        marker: { ...built.marker, size: built.marker.size * (flat() ? 1 : 0.55), color: pointColours(label) },
      };
      if (!flat()) trace.z = points.map((p) => p.z);
      return trace;
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
        mode: "markers+text",
        hoverinfo: "skip",
        textposition: "top center",
        textfont: { color: colour, size: 13 },
        marker: {
          size: flat() ? 17 : 9,
          symbol: flat() ? "star" : "diamond",
          color: "#f0e442",
          line: { color: colour, width: 1.5 },
        },
      };
      return [
        ...data.members.map(labelTrace),
        { ...line, ...links() },
        { ...circle, ...ring() },
        { ...star, ...own() },
      ];
    }

    function layout() {
      const bare = { visible: false, zeroline: false, showgrid: false };
      const common = { ...data.layout, dragmode: dragmode(), uirevision: state.view };
      if (flat())
        return {
          ...common,
          xaxis: { ...bare, uirevision: state.view },
          yaxis: { ...bare, scaleanchor: "x", uirevision: state.view },
        };
      return { ...common, scene: { xaxis: bare, yaxis: bare, zaxis: bare, uirevision: state.view } };
    }

    // The coordinates of some of the last three traces, as `Plotly.restyle` takes them.
    function update(indices) {
      const chosen = indices.map((i) => ({ [LINKS]: links, [RING]: ring, [OWN]: own })[i]());
      const axes = flat() ? ["x", "y"] : ["x", "y", "z"];
      const changed = Object.fromEntries(axes.map((axis) => [axis, chosen.map((trace) => trace[axis])]));
      return indices.includes(OWN) ? { ...changed, text: chosen.map((trace) => trace.text ?? null) } : changed;
    }

    return { LINKS, RING, OWN, flat, dragmode, pointColours, traces, layout, update };
  };
})(window.siamese);
