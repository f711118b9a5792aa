// The map: plotly shows the figure that Python built; this adds pictures on hover, lines to the nearest
// neighbours, the visitor's own point, colours, hiding, finding, a lasso. Nothing here moves the view.
(function (siamese) {
  const THUMB = 84;
  let library = null;

  function loadPlotly(url) {
    if (window.Plotly) return Promise.resolve();
    library ||= new Promise((resolve, reject) => {
      document.head.append(
        siamese.el("script", { src: url, onload: resolve, onerror: () => reject(new Error("plotly.js did not load")) }),
      );
    });
    return library;
  }

  siamese.map = function (element, props, trigger, watch, server) {
    const holder = element.querySelector(".map-plot");
    const card = element.querySelector(".map-card");
    const status = element.querySelector(".map-status");
    const list = element.querySelector(".map-list");
    const state = { view: "tsne", colour: "digit", hidden: new Set(), lasso: false, selected: null, links: [], own: null };
    let data = null;
    let ready = false;

    const colours = () => {
      const style = getComputedStyle(document.body);
      return [...Array(10).keys()].map((d) => style.getPropertyValue(`--digit-${d}`).trim());
    };
    const ink = () => getComputedStyle(document.body).getPropertyValue("--body-text-color").trim() || "#222";
    const dragmode = () => (flat() ? (state.lasso ? "lasso" : "pan") : "orbit");
    const flat = () => state.view !== "pca3";
    const at = (i) => {
      const [x, y, z] = state.view === "tsne" ? [data.x[i], data.y[i]] : [data.px[i], data.py[i], data.pz[i]];
      return { x, y, z };
    };

    // Traces: one for each digit, in the figure's order; then the links, the ring, and the visitor's point.
    const LINKS = 10;
    const RING = 11;
    const OWN = 12;

    function pointColours(digit) {
      const palette = colours();
      if (state.colour === "digit") return palette[digit];
      return data.members[digit].map((i) => (data.wrong[i] ? "#d55e00" : siamese.dark() ? "#4b5563" : "#c3c9d2"));
    }

    function traces() {
      const type = flat() ? "scattergl" : "scatter3d";
      const out = data.members.map((members, digit) => {
        const places = members.map(at);
        const built = data.traces[digit]; // by Python; what depends on the visitor is laid over it
        const trace = {
          ...built, type, customdata: members,
          x: places.map((p) => p.x), y: places.map((p) => p.y),
          visible: !state.hidden.has(digit),
          marker: { ...built.marker, size: built.marker.size * (flat() ? 1 : 0.55), color: pointColours(digit) },
        };
        if (!flat()) trace.z = places.map((p) => p.z);
        return trace;
      });
      const line = { type: flat() ? "scattergl" : "scatter3d", mode: "lines", hoverinfo: "skip", line: { color: ink(), width: 1.2 } };
      const ring = {
        type, mode: "markers", hoverinfo: "skip",
        marker: { size: flat() ? 13 : 6, color: "rgba(0,0,0,0)", symbol: flat() ? "circle" : "circle-open", line: { color: ink(), width: 2 } },
      };
      const own = {
        type, mode: "markers+text", hoverinfo: "skip", text: ["you"], textposition: "top center", textfont: { color: ink(), size: 13 },
        marker: { size: flat() ? 17 : 9, symbol: flat() ? "star" : "diamond", color: "#f0e442", line: { color: ink(), width: 1.5 } },
      };
      out.push({ ...line, ...linkPlaces() }, { ...ring, ...ringPlaces() }, { ...own, ...ownPlace() });
      return out;
    }

    function linkPlaces() {
      const lines = { x: [], y: [], z: [] };
      const from = state.selected == null ? null : state.selected === "own" ? ownAt() : at(state.selected);
      for (const link of from ? state.links : []) {
        const to = at(link.index);
        for (const axis of ["x", "y", "z"]) lines[axis].push(from[axis], to[axis], null);
      }
      return flat() ? { x: lines.x, y: lines.y } : lines;
    }
    function ringPlaces() {
      const p = state.selected == null || state.selected === "own" ? null : at(state.selected);
      const places = { x: p ? [p.x] : [], y: p ? [p.y] : [], z: p ? [p.z] : [] };
      return flat() ? { x: places.x, y: places.y } : places;
    }
    function ownAt() {
      if (!state.own) return null;
      if (state.view === "tsne") return { x: state.own.xy[0], y: state.own.xy[1] };
      const [x, y, z] = state.own.pca;
      return { x, y, z };
    }
    function ownPlace() {
      const p = ownAt();
      const places = { x: p ? [p.x] : [], y: p ? [p.y] : [], z: p ? [p.z] : [] };
      return flat() ? { x: places.x, y: places.y } : places;
    }

    function layout() {
      const bare = { visible: false, zeroline: false, showgrid: false };
      const common = { ...data.layout, dragmode: dragmode(), uirevision: state.view };
      if (flat()) return { ...common, xaxis: { ...bare, uirevision: state.view }, yaxis: { ...bare, scaleanchor: "x", uirevision: state.view } };
      return { ...common, scene: { xaxis: bare, yaxis: bare, zaxis: bare, uirevision: state.view } };
    }

    const config = {
      responsive: true, scrollZoom: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false,
      modeBarButtonsToRemove: ["toImage", "select2d", "autoScale2d", "hoverClosest3d", "tableRotation"], doubleClick: "reset",
    };

    function refresh(indices) {
      if (!ready) return;
      const all = traces();
      const chosen = indices.map((i) => all[i]);
      const update = { x: chosen.map((t) => t.x), y: chosen.map((t) => t.y) };
      if (!flat()) update.z = chosen.map((t) => t.z);
      return Plotly.restyle(holder, update, indices);
    }
    const recolour = () =>
      ready && Plotly.restyle(holder, { "marker.color": data.members.map((_, digit) => pointColours(digit)) }, [...Array(10).keys()]);

    async function draw() {
      element.querySelector(".map-lasso").disabled = !flat();
      await Plotly.react(holder, traces(), layout(), config);
      ready = true;
    }

    // --- what is under the pointer ---
    let lastHover = -1;
    function hover(event) {
      const start = performance.now();
      const point = event.points[0];
      const index = point && point.customdata;
      if (index == null) return;
      if (index !== lastHover) {
        siamese.sprite(card.querySelector(".sprite"), props.sprite, index, THUMB);
        card.querySelector(".map-card-text").textContent = `${data.labels[index]}  ·  #${index}`;
        lastHover = index;
      }
      const box = holder.getBoundingClientRect();
      const pointer = event.event || { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
      const x = Math.min(Math.max(pointer.clientX - box.left + 14, 4), box.width - THUMB - 26);
      const y = Math.min(Math.max(pointer.clientY - box.top + 14, 4), box.height - THUMB - 44);
      card.style.transform = `translate(${x}px, ${y}px)`;
      card.hidden = false;
      element.dataset.hoverMs = (performance.now() - start).toFixed(2);
    }

    async function select(index) {
      state.selected = index;
      status.textContent = "Looking for its neighbours …";
      let found;
      try {
        found = await server.neighbours(index);
      } catch {
        status.textContent = "The server did not answer. Click the point again.";
        return;
      }
      if (state.selected !== index) return;
      state.links = found;
      await refresh([LINKS, RING]);
      status.textContent = `Picture #${index}, a ${data.labels[index]}: its nearest in the original space`;
      fill(found);
    }

    function fill(items, more = 0) {
      const tiles = [];
      for (const item of items) {
        const picture = siamese.el("span", { class: "sprite" });
        siamese.sprite(picture, props.sprite, item.index, 44);
        const figures = item.distance == null ? `#${item.index}` : item.distance.toFixed(2);
        tiles.push(
          siamese.el("li", {},
            siamese.el("button", {
              type: "button", class: "tile", style: `--digit: var(--digit-${item.label})`,
              "aria-label": `Picture ${item.index}, digit ${item.label}`, title: `#${item.index}`,
              onclick: () => select(item.index),
            }, picture, siamese.el("span", { class: "tile-label", text: item.label }), siamese.el("span", { class: "tile-figures", text: figures })),
          ),
        );
      }
      if (more) tiles.push(siamese.el("li", { class: "map-more", text: `and ${more} more` }));
      siamese.refill(list, tiles);
    }

    function lassoed(event) {
      if (!event || !event.points || !event.points.length) return;
      const indices = event.points.map((p) => p.customdata).filter((i) => i != null);
      const counts = Array(10).fill(0);
      indices.forEach((i) => counts[data.labels[i]]++);
      const summary = counts.map((n, d) => [n, d]).filter(([n]) => n).sort((a, b) => b[0] - a[0]).map(([n, d]) => `${n} × ${d}`).join(", ");
      status.textContent = `${indices.length} pictures: ${summary}`;
      fill(indices.slice(0, 120).map((index) => ({ index, label: data.labels[index] })), Math.max(0, indices.length - 120));
    }

    // --- controls ---
    function controls() {
      const digits = element.querySelector(".map-digits");
      for (let digit = 0; digit < 10; digit++) {
        const button = siamese.el("button", {
          type: "button", class: "chip", "aria-pressed": "true", style: `--digit: var(--digit-${digit})`, text: digit,
          "aria-label": `Show digit ${digit}`,
        });
        button.addEventListener("click", () => {
          const hide = !state.hidden.has(digit);
          state.hidden[hide ? "add" : "delete"](digit);
          button.setAttribute("aria-pressed", String(!hide));
          Plotly.restyle(holder, { visible: !hide }, [digit]);
        });
        digits.append(button);
      }
      for (const [name, apply] of [["view", draw], ["colour", recolour]]) {
        const group = element.querySelector(`.map-${name}`);
        group.addEventListener("click", (event) => {
          const button = event.target.closest("button");
          if (!button) return;
          for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
          state[name] = button.value;
          apply();
        });
      }
      const find = element.querySelector(".map-find");
      find.addEventListener("submit", (event) => {
        event.preventDefault();
        const index = Number(find.elements[0].value);
        if (Number.isInteger(index) && index >= 0 && index < data.labels.length) select(index);
        else status.textContent = `There is no picture ${find.elements[0].value}: they go from 0 to ${data.labels.length - 1}.`;
      });
      element.querySelector(".map-lasso").addEventListener("click", (event) => {
        state.lasso = !state.lasso;
        event.currentTarget.setAttribute("aria-pressed", String(state.lasso));
        if (flat()) Plotly.relayout(holder, { dragmode: dragmode() });
      });
      element.querySelector(".map-clear").addEventListener("click", () => {
        state.selected = null;
        state.links = [];
        list.replaceChildren();
        status.textContent = "";
        Plotly.restyle(holder, { selectedpoints: [null] });
        refresh([LINKS, RING]);
      });
    }

    // --- the visitor's own drawing ---
    function own() {
      const value = siamese.parse(props.value);
      state.own = value && value.xy ? value : null;
      if (!ready) return;
      if (state.own) {
        state.selected = "own";
        state.links = value.neighbours;
        status.textContent = value.words;
        fill(value.neighbours);
      } else {
        if (state.selected === "own") {
          state.selected = null;
          state.links = [];
          list.replaceChildren();
        }
        status.textContent = (value && value.hint) || "";
      }
      element.dataset.own = state.own ? state.own.xy.map((v) => v.toFixed(4)).join(",") : "";
      refresh([LINKS, RING, OWN]);
    }

    async function start() {
      status.textContent = "Loading the map …";
      const began = performance.now();
      try {
        const [figure] = await Promise.all([server.figure(), loadPlotly(props.plotly)]);
        data = unpack(figure);
      } catch (error) {
        status.textContent = "The map could not be loaded. Reload the page to try again.";
        throw error;
      }
      controls();
      await draw();
      status.textContent = "";
      holder.on("plotly_hover", hover);
      holder.on("plotly_unhover", () => (card.hidden = true));
      holder.on("plotly_click", (event) => {
        const index = event.points[0] && event.points[0].customdata;
        if (index != null) select(index);
      });
      holder.on("plotly_selected", lassoed);
      element.dataset.drawnMs = (performance.now() - began).toFixed(0);
      new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
      own();
    }

    // Plotly's own JSON for arrays: base64 of little-endian numbers.
    function unpack(figure) {
      const arrays = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array };
      const array = (value) => (value.bdata ? Array.from(new arrays[value.dtype](siamese.bytes(value.bdata).buffer)) : value);
      const { meta, ...layout } = figure.layout;
      const count = meta.count;
      const out = { labels: Array(count), wrong: array(meta.wrong), members: [], traces: figure.data, layout };
      for (const axis of ["x", "y", "px", "py", "pz"]) out[axis] = new Float32Array(count);
      figure.data.forEach((trace, digit) => {
        const members = array(trace.customdata);
        const [x, y] = [array(trace.x), array(trace.y)];
        members.forEach((index, i) => {
          out.labels[index] = digit;
          out.x[index] = x[i];
          out.y[index] = y[i];
        });
        out.members.push(members);
      });
      for (const axis of ["px", "py", "pz"]) out[axis].set(array(meta[axis]));
      return out;
    }

    watch("value", own);
    start();
  };
})(window.siamese);
