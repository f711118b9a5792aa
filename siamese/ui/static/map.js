// The map: plotly shows the figure (`map_figure.js`), `map_overlay.js` lays pictures and names over it; this adds what is
// selected and listed, what the controls do, and the visitor's own points.
((siamese) => {
  const TOLD = 12; // labels of a lasso that are told
  const CONFIG = { responsive: false, scrollZoom: true, displayModeBar: false, showTips: false, doubleClick: false };

  siamese.map = (element, props, _trigger, watch, server) => {
    const holder = element.querySelector(".map-plot");
    const status = element.querySelector(".map-status");
    const say = (text) => (status.textContent = text);
    const state = siamese.mapState();
    const size = () => ({ width: holder.clientWidth || 700, height: holder.clientHeight || 500 });
    let [data, figure, overlay, controls, camera, fill] = [];
    let ready = false;

    const refresh = (indices) => {
      overlay.schedule();
      return ready && Plotly.restyle(holder, figure.update(indices), indices);
    };
    async function draw() {
      controls.show();
      await Plotly.react(holder, figure.traces(), figure.layout(), CONFIG);
      ready = true;
      overlay.changed();
    }

    // --- what is selected, and what is listed ---
    function list(items, words) {
      state.listed = items.map((item) => item.index);
      say(words);
      fill(items);
      controls.show();
    }

    // The map has a sample of a large gallery. Pictures that it leaves out get a point once they are selected, or neighbours
    // of what is.
    async function place(indices) {
      const missing = indices.filter((index) => !data.has(index));
      if (!missing.length) return;
      data.add(await server.points(missing));
      if (ready) await draw();
    }

    async function select(index) {
      const { k } = state;
      state.selected = index;
      say("Looking for its neighbours …");
      let found;
      try {
        found = await server.neighbours(index, k);
        await place([index, ...found.map((neighbour) => neighbour.index)]);
      } catch {
        say("The server did not answer. Click the point again.");
        return;
      }
      if (state.selected !== index || state.k !== k) return; // another was asked for meanwhile
      state.links = found;
      siamese.link.set({ index });
      await refresh([figure.LINKS, figure.RING]);
      const name = props.named.replace("{}", () => data.names[data.labels[index]]);
      list(found, `Picture #${index}, ${name}: its nearest in the original space`);
      state.listed = [index, ...state.listed];
    }

    function deselect() {
      state.selected = null;
      state.links = [];
      siamese.link.set({ index: null });
      list([], "");
    }

    const items = (indices) => indices.map((index) => ({ index, label: data.labels[index] }));
    function lassoed(event) {
      const indices = (event?.points ?? []).map((p) => p.customdata).filter((i) => i != null);
      if (!indices.length) return;
      const counts = data.names.map((name) => [0, name]);
      for (const i of indices) counts[data.labels[i]][0]++;
      const found = counts.filter(([n]) => n).sort((a, b) => b[0] - a[0]);
      const told = found.slice(0, TOLD).map(([n, name]) => `${n} × ${name}`);
      list(items(indices), `${indices.length} pictures: ${told.join(", ")}${found.length > TOLD ? " …" : ""}`);
    }

    // --- what the controls do ---
    async function view(name) {
      if (name === state.view) return;
      const before = overlay.pixels();
      state.view = name;
      siamese.link.set({ view: name === "tsne" ? null : name, at: null });
      controls.show();
      holder.classList.add("is-moving");
      if (!(await overlay.move(before))) return;
      await draw();
      camera.remember();
      // A frame more, in which the plot is drawn, before the moved points give way to it.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (state.view !== name) return;
          holder.classList.remove("is-moving");
          overlay.arrived();
        }),
      );
    }

    async function colour(name) {
      state.colour = name;
      siamese.link.set({ colour: name === "wrong" ? name : null });
      controls.show();
      if (name === "wrong" && !data.judged) data.judge(await server.wrong());
      const traces = [...data.members.keys()];
      await Plotly.restyle(holder, { "marker.color": traces.map(figure.pointColours) }, traces);
      overlay.changed();
    }

    // plotly keeps what was selected by its place among a trace's points, which may be about to change.
    async function unselect() {
      await Plotly.relayout(holder, { selections: [] });
      await Plotly.restyle(holder, { selectedpoints: [null] });
    }

    async function only(indices, label = null) {
      await unselect();
      state.only = indices && new Set(indices);
      siamese.link.set({ label: label === null ? null : data.names[label] });
      return draw();
    }

    async function label(wanted) {
      const indices = data.members.flat().filter((index) => data.labels[index] === wanted);
      deselect();
      state.hidden.delete(wanted);
      const [shown, count] = [indices.length, data.counts[wanted]].map((number) => number.toLocaleString("en"));
      const some = shown === count ? shown : `${shown} of ${count}`;
      list(items(indices), `${some} pictures of ${props.label} ${data.names[wanted]}, and no others`);
      await only(indices, wanted);
      camera.whole();
    }

    async function all() {
      state.hidden.clear();
      await only(null);
      camera.whole();
    }

    async function clear() {
      if (state.own?.points) state.own = null; // a drawing stays as long as it is on its canvas
      deselect();
      await unselect();
      refresh([figure.LINKS, figure.RING, figure.OWN]);
    }

    function near(k) {
      state.k = k;
      siamese.link.set({ near: k === siamese.MAP_NEAR ? null : k });
      if (state.selected === "own") own();
      else if (state.selected !== null) select(state.selected);
    }

    const act = {
      view,
      colour,
      select,
      label,
      near,
      csv: () => siamese.download("map.csv", siamese.mapTable(data, figure, state.listed)),
      all,
      clear,
      redraw: draw,
      nothing: (text) => {
        const last = (data.count - 1).toLocaleString("en");
        if (text)
          say(`There is no picture ${text}, and no ${props.label} of that name. Pictures go from 0 to ${last}.`);
      },
      lasso: () => {
        state.lasso = !state.lasso;
        controls.show();
        Plotly.relayout(holder, { dragmode: figure.dragmode() });
      },
      naming: () => {
        state.names = !state.names;
        controls.show();
        overlay.schedule();
      },
      only: () => only(state.listed),
      in: () => camera.zoom(2 / 3),
      out: () => camera.zoom(3 / 2),
      whole: () => camera.whole(),
      go: (x, y) => camera.go(x, y),
    };

    // --- the visitor's own drawing ---
    async function own() {
      const value = siamese.parse(props.value);
      state.own = value && (value.xy || value.points) ? value : null;
      if (!ready) return;
      if (state.own) {
        try {
          await place((value.neighbours || []).map((neighbour) => neighbour.index));
        } catch {
          say("The server did not answer. Draw again.");
          return;
        }
        if (state.own !== value) return; // another was drawn meanwhile
        state.selected = "own";
        state.links = (value.neighbours || []).slice(0, state.k);
        siamese.link.set({ index: null });
        list(state.links, value.words);
      } else {
        if (state.selected === "own") deselect();
        if (value?.hint) say(value.hint);
      }
      element.dataset.own = state.own
        ? (state.own.xy || [state.own.points.length]).map((v) => v.toFixed(4)).join(",")
        : "";
      refresh([figure.LINKS, figure.RING, figure.OWN]);
    }

    async function start() {
      say("Loading the map …");
      const began = performance.now();
      try {
        const [packed] = await Promise.all([server.figure(), siamese.script(props.plotly)]);
        data = siamese.unpackFigure(packed);
      } catch (error) {
        say("The map could not be loaded. Reload the page to try again.");
        throw error;
      }
      figure = siamese.mapFigure(data, state, size);
      overlay = siamese.mapOverlay(element, data, state, figure, size, props.sprite);
      camera = siamese.mapCamera(holder, state, figure, overlay, size);
      controls = siamese.mapControls(element, props, data, state, act);
      fill = siamese.mapList(element.querySelector(".map-list"), data, props, select);
      camera.start();
      await draw();
      say("");
      element.dataset.drawnMs = (performance.now() - began).toFixed(0);
      siamese.mapPointer(element, data, props.sprite, overlay.at, select);
      holder.on("plotly_selected", lassoed);
      camera.follow();
      new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
      const opened = siamese.mapAddress(data);
      if (state.colour === "wrong") colour("wrong");
      if (opened.label !== null) await label(opened.label);
      if (opened.index !== null) select(opened.index);
      if (props.value) own();
    }

    watch("value", own);
    start();
  };
})(window.siamese);
