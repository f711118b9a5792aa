// The map's controls: what each button, switch and field does when it is used.
((siamese) => {
  const NAMED = 12; // labels that have a button each; more of them are found by searching
  const PAUSE = 120; // milliseconds without a change, after which the server is asked
  const SHORT = 60; // letters of all labels, which take few rows on a phone

  /** `act` holds what the controls do, by name; returns what shows their state. */
  siamese.mapControls = (element, props, data, state, act) => {
    const find = (selector) => element.querySelector(selector);

    // --- labels, which are shown or hidden ---
    function labelButton(name, label) {
      const button = siamese.el("button", {
        type: "button",
        class: "chip",
        "aria-pressed": "true",
        style: `--digit: ${siamese.colour(data.colours[label])}`,
        text: name,
        title: name,
        "aria-label": `Show ${props.label} ${name}`,
      });
      button.addEventListener("click", () => {
        state.hidden[state.hidden.has(label) ? "delete" : "add"](label);
        act.redraw();
      });
      return button;
    }
    const labels = find(".map-digits");
    if (data.names.length <= NAMED) labels.append(...data.names.map(labelButton));
    else labels.remove();
    labels.classList.toggle("is-long", data.names.join("").length > SHORT);

    // --- one of several ---
    for (const name of ["view", "colour"]) {
      const group = find(`.map-${name}`);
      group.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) act[name](button.value);
      });
    }

    // --- searching ---
    const form = find(".map-find");
    const field = form.querySelector("input");
    const answers = find(".map-answers");
    const close = () => (answers.hidden = true);
    const choose = (answer) => {
      close();
      if (answer.index != null) act.select(answer.index);
      else act.label(answer.label);
    };
    function answerButton(answer) {
      const known = answer.index == null || data.has(answer.index);
      const label = answer.label ?? data.labels[answer.index];
      // A digit alone could be taken for an index.
      const told = data.names.length > NAMED ? data.names[label] : `${props.label} ${data.names[label]}`;
      const name = known ? told : "";
      const text = answer.index == null ? name : `picture #${answer.index}`;
      const note = answer.index == null ? `${data.counts[label].toLocaleString("en")} pictures` : name;
      return siamese.el(
        "li",
        { style: known ? `--digit: ${siamese.colour(data.colours[label])}` : null },
        siamese.el(
          "button",
          { type: "button", onclick: () => choose(answer) },
          siamese.el("span", { text }),
          siamese.el("span", { class: "map-more", text: note }),
        ),
      );
    }
    function search() {
      const { found, more } = siamese.mapSearch(field.value, data.names, data.count);
      const items = found.map(answerButton);
      if (more) items.push(siamese.el("li", { class: "map-more", text: `and ${more} more: type on` }));
      answers.replaceChildren(...items);
      answers.hidden = !items.length;
      return found;
    }
    field.addEventListener("input", search);
    field.addEventListener("focus", search);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [first] = field.value.trim() ? search() : [];
      if (first) choose(first);
      else act.nothing(field.value.trim());
    });
    form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || close());
    form.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") close();
      if (!step) return;
      event.preventDefault();
      if (answers.hidden) search();
      const stops = [field, ...answers.querySelectorAll("button")];
      stops[Math.max(0, Math.min(stops.length - 1, stops.indexOf(document.activeElement) + step))].focus();
    });

    // --- how many neighbours ---
    const slider = find(".map-k input");
    let pause = null;
    slider.addEventListener("input", () => {
      find(".map-k output").textContent = slider.value;
      clearTimeout(pause);
      pause = setTimeout(() => {
        pause = null;
        act.near(Number(slider.value));
      }, PAUSE);
    });

    // --- buttons ---
    for (const name of ["lasso", "naming", "only", "all", "csv", "clear", "in", "out", "whole"])
      find(`.map-${name}`).addEventListener("click", () => act[name]());
    find(".map-frame").addEventListener("keydown", (event) => {
      if (event.target.closest("button")) return;
      const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [
        0, 0,
      ];
      if (x || y) act.go(x / 6, y / 6);
      else if (event.key === "+" || event.key === "=") act.in();
      else if (event.key === "-") act.out();
      else if (event.key === "0") act.whole();
      else return;
      event.preventDefault();
    });

    /** Show the state as it is. */
    function show() {
      for (const name of ["view", "colour"])
        for (const button of find(`.map-${name}`).querySelectorAll("button"))
          button.setAttribute("aria-pressed", String(button.value === state[name]));
      const flat = state.view !== "pca3";
      find(".map-lasso").disabled = !flat;
      find(".map-lasso").setAttribute("aria-pressed", String(state.lasso && flat));
      find(".map-naming").setAttribute("aria-pressed", String(state.names));
      if (!pause) slider.value = state.k;
      find(".map-k output").textContent = slider.value;
      find(".map-only").disabled = !state.listed.length;
      find(".map-csv").disabled = !state.listed.length;
      find(".map-all").hidden = !state.only && !state.hidden.size;
      for (const [label, button] of [...labels.children].entries())
        button.setAttribute("aria-pressed", String(!state.hidden.has(label)));
    }
    return { show };
  };
})(window.siamese);
