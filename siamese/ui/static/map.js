// The map: plotly shows the figure (`map_figure.js`); this adds pictures on hover, lines to the nearest neighbours, the
// visitor's own point, colours, hiding, finding, a lasso. Nothing here moves the view.
((siamese) => {
  const THUMB = 84; // pixels of the picture beside the pointer
  const NAMED = 12; // labels of a lasso, and of the legend, that are named at once
  const LISTED = 120; // pictures of a lasso that are shown
  const CONFIG = {
    responsive: true,
    scrollZoom: true,
    displaylogo: false,
    showSendToCloud: false,
    showEditInChartStudio: false,
    modeBarButtonsToRemove: ["toImage", "select2d", "autoScale2d", "hoverClosest3d", "tableRotation"],
    doubleClick: "reset",
  };
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

  siamese.map = (element, props, _trigger, watch, server) => {
    const holder = element.querySelector(".map-plot");
    const card = element.querySelector(".map-card");
    const status = element.querySelector(".map-status");
    const list = element.querySelector(".map-list");
    const state = {
      view: "tsne",
      colour: "digit",
      hidden: new Set(),
      lasso: false,
      selected: null,
      links: [],
      own: null,
    };
    let data = null;
    let figure = null;
    let ready = false;

    const refresh = (indices) => ready && Plotly.restyle(holder, figure.update(indices), indices);
    function recolour() {
      const traces = [...data.members.keys()];
      return ready && Plotly.restyle(holder, { "marker.color": traces.map(figure.pointColours) }, traces);
    }
    async function draw() {
      element.querySelector(".map-lasso").disabled = !figure.flat();
      await Plotly.react(holder, figure.traces(), figure.layout(), CONFIG);
      ready = true;
    }

    // --- what is under the pointer ---
    let lastHover = -1;
    function hover(event) {
      const start = performance.now();
      const point = event.points[0];
      const index = point?.customdata;
      if (index == null) return;
      if (index !== lastHover) {
        siamese.sprite(card.querySelector(".sprite"), props.sprite, index, THUMB);
        card.querySelector(".map-card-text").textContent = `${data.names[data.labels[index]]}  ·  #${index}`;
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

    // --- what is selected ---
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
      await refresh([figure.LINKS, figure.RING]);
      status.textContent = `Picture #${index}, ${props.named.replace("{}", () => data.names[data.labels[index]])}: its nearest in the original space`;
      fill(found);
    }

    function deselect() {
      state.selected = null;
      state.links = [];
      list.replaceChildren();
    }

    const named = props.sprite.kind !== "ink";
    function tile(item) {
      const picture = siamese.el("span", { class: "sprite" });
      siamese.sprite(picture, props.sprite, item.index, named ? 64 : 44);
      const name = data.names[item.label];
      const figures = item.distance == null ? `#${item.index}` : item.distance.toFixed(2);
      const button = siamese.el(
        "button",
        {
          type: "button",
          class: named ? "tile tile-named" : "tile",
          style: `--digit: ${siamese.colour(data.colours[item.label])}`,
          "aria-label": `Picture ${item.index}, ${props.label} ${name}`,
          title: `#${item.index}: ${name}`,
          onclick: () => select(item.index),
        },
        picture,
        siamese.el("span", { class: "tile-label", text: name }),
        siamese.el("span", { class: "tile-figures", text: figures }),
      );
      return siamese.el("li", {}, button);
    }

    function fill(items, more = 0) {
      const tiles = items.map(tile);
      if (more) tiles.push(siamese.el("li", { class: "map-more", text: `and ${more} more` }));
      siamese.refill(list, tiles);
    }

    function lassoed(event) {
      if (!event?.points?.length) return;
      const indices = event.points.map((p) => p.customdata).filter((i) => i != null);
      const counts = data.names.map((name) => [0, name]);
      for (const i of indices) counts[data.labels[i]][0]++;
      const found = counts.filter(([n]) => n).sort((a, b) => b[0] - a[0]);
      status.textContent = `${indices.length} pictures: ${found
        .slice(0, NAMED)
        .map(([n, name]) => `${n} × ${name}`)
        .join(", ")}${found.length > NAMED ? " …" : ""}`;
      const shown = indices.slice(0, LISTED).map((index) => ({ index, label: data.labels[index] }));
      fill(shown, Math.max(0, indices.length - LISTED));
    }

    // --- controls ---
    function labelButton(name, label) {
      const button = siamese.el("button", {
        type: "button",
        class: "chip",
        "aria-pressed": String(!state.hidden.has(label)),
        style: `--digit: ${siamese.colour(data.colours[label])}`,
        text: name,
        title: name,
        "aria-label": `Show ${props.label} ${name}`,
      });
      button.addEventListener("click", () => {
        const hide = !state.hidden.has(label);
        state.hidden[hide ? "add" : "delete"](label);
        button.setAttribute("aria-pressed", String(!hide));
        if (data.single) draw();
        else Plotly.restyle(holder, { visible: !hide }, [label]);
      });
      return button;
    }

    // Many labels are found by typing.
    function legend() {
      const holder = element.querySelector(".map-digits");
      if (data.names.length <= NAMED) return holder.append(...data.names.map(labelButton));
      const chips = siamese.el("span", { class: "map-found" });
      const found = () => {
        const wanted = search.value.trim().toLocaleLowerCase();
        const labels = [...data.names.keys()].filter((label) => data.names[label].toLocaleLowerCase().includes(wanted));
        const more = labels.length - NAMED;
        chips.replaceChildren(...labels.slice(0, NAMED).map((label) => labelButton(data.names[label], label)));
        if (more > 0) chips.append(siamese.el("span", { class: "map-more", text: `and ${more} more` }));
      };
      const all = (hide) =>
        siamese.el("button", {
          type: "button",
          class: "chip",
          text: hide ? "Hide all" : "Show all",
          onclick: () => {
            state.hidden = new Set(hide ? data.names.keys() : []);
            found();
            draw();
          },
        });
      const search = siamese.el("input", {
        type: "search",
        placeholder: `find a ${props.label}`,
        "aria-label": `Find a ${props.label}`,
        oninput: () => found(),
      });
      holder.classList.add("is-many");
      holder.append(search, all(true), all(false), chips);
      found();
    }

    function controls() {
      legend();
      for (const [name, apply] of [
        ["view", draw],
        ["colour", recolour],
      ]) {
        const group = element.querySelector(`.map-${name}`);
        group.addEventListener("click", (event) => {
          const button = event.target.closest("button");
          if (!button) return;
          for (const other of group.querySelectorAll("button"))
            other.setAttribute("aria-pressed", String(other === button));
          state[name] = button.value;
          apply();
        });
      }
      const find = element.querySelector(".map-find");
      find.addEventListener("submit", (event) => {
        event.preventDefault();
        const index = Number(find.elements[0].value);
        if (Number.isInteger(index) && index >= 0 && index < data.labels.length) select(index);
        else
          status.textContent = `There is no picture ${find.elements[0].value}: they go from 0 to ${data.labels.length - 1}.`;
      });
      element.querySelector(".map-lasso").addEventListener("click", (event) => {
        state.lasso = !state.lasso;
        event.currentTarget.setAttribute("aria-pressed", String(state.lasso));
        if (figure.flat()) Plotly.relayout(holder, { dragmode: figure.dragmode() });
      });
      element.querySelector(".map-clear").addEventListener("click", () => {
        deselect();
        status.textContent = "";
        Plotly.restyle(holder, { selectedpoints: [null] });
        refresh([figure.LINKS, figure.RING]);
      });
    }

    // --- the visitor's own drawing ---
    function own() {
      const value = siamese.parse(props.value);
      state.own = value && (value.xy || value.points) ? value : null;
      if (!ready) return;
      if (state.own) {
        state.selected = "own";
        state.links = value.neighbours || [];
        status.textContent = value.words;
        fill(state.links);
      } else {
        if (state.selected === "own") deselect();
        status.textContent = value?.hint || "";
      }
      element.dataset.own = state.own
        ? (state.own.xy || [state.own.points.length]).map((v) => v.toFixed(4)).join(",")
        : "";
      refresh([figure.LINKS, figure.RING, figure.OWN]);
    }

    async function start() {
      status.textContent = "Loading the map …";
      const began = performance.now();
      try {
        const [packed] = await Promise.all([server.figure(), loadPlotly(props.plotly)]);
        data = siamese.unpackFigure(packed);
      } catch (error) {
        status.textContent = "The map could not be loaded. Reload the page to try again.";
        throw error;
      }
      figure = siamese.mapFigure(data, state);
      controls();
      await draw();
      status.textContent = "";
      holder.on("plotly_hover", hover);
      holder.on("plotly_unhover", () => (card.hidden = true));
      holder.on("plotly_click", (event) => {
        const index = event.points[0]?.customdata;
        if (index != null) select(index);
      });
      holder.on("plotly_selected", lassoed);
      element.dataset.drawnMs = (performance.now() - began).toFixed(0);
      new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
      own();
    }

    watch("value", own);
    start();
  };
})(window.siamese);
