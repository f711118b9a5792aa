// The form of the Learn tab: ready settings, one's own, and the address, in which they stand.
((siamese) => {
  const NAME = "learn"; // in the address

  // -> { runs }: `runs()` are the settings that are chosen, of one run or of two.
  //   element: that holds the form; props: { names, label, ready_settings }
  siamese.learnForm = (element, props) => {
    const { el, learnSettings } = siamese;
    const find = (name) => element.querySelector(name);
    const form = find(".learn-form");
    const fields = form.elements;
    const excluded = new Set();
    let ready = null; // the ready setting that is chosen

    const options = (name, values) =>
      fields[name].append(...values.map(([value, text]) => el("option", { value, text: text ?? value })));
    options("loss", learnSettings.losses);
    options(
      "dim",
      learnSettings.DIMS.map((dim) => [dim]),
    );
    options(
      "learning_rate",
      learnSettings.RATES.map((rate) => [rate]),
    );

    const labels = props.names.map((name, label) =>
      el("button", {
        type: "button",
        class: "chip",
        "aria-pressed": "false",
        "aria-label": `Leave out ${props.label} ${name}`,
        title: name,
        text: siamese.short(name),
        style: `--digit: ${siamese.colour(label)}`,
        onclick: () => {
          leaveOut(label, !excluded.has(label));
          own();
        },
      }),
    );
    find(".learn-excluded").append(...labels);
    function leaveOut(label, out) {
      if (out && excluded.size >= learnSettings.MOST_EXCLUDED) return;
      excluded[out ? "add" : "delete"](label);
      labels[label].setAttribute("aria-pressed", String(out));
    }

    function strengthen(value) {
      const [name, usual] = learnSettings.strength(fields.loss.value);
      find(".learn-strength span").textContent = name;
      fields.strength.value = value ?? usual;
    }
    const values = () => ({
      loss: fields.loss.value,
      strength: Number(fields.strength.value),
      dim: Number(fields.dim.value),
      learning_rate: Number(fields.learning_rate.value),
      excluded: [...excluded].sort(),
      seed: Number(fields.seed.value),
    });
    function fill(wanted) {
      fields.loss.value = wanted.loss;
      strengthen(wanted.strength);
      for (const name of ["dim", "learning_rate", "seed"]) fields[name].value = wanted[name];
      for (const label of labels.keys()) leaveOut(label, false);
      for (const label of wanted.excluded) leaveOut(label, true);
    }

    const buttons = props.ready_settings.map((one) =>
      el("button", {
        type: "button",
        class: "chip",
        text: one.name,
        "aria-pressed": "false",
        onclick: () => {
          choose(one);
          address();
        },
      }),
    );
    find(".learn-ready").append(...buttons);
    function choose(one) {
      fill(learnSettings.chosen(one.runs[0]));
      tell(one);
    }
    function own() {
      tell(null);
      address();
    }
    function tell(wanted) {
      ready = wanted;
      for (const [i, one] of props.ready_settings.entries())
        buttons[i].setAttribute("aria-pressed", String(one === wanted));
      find(".learn-words").textContent = wanted ? wanted.text : "Your own settings.";
      find(".learn-train").textContent = wanted?.runs.length > 1 ? "Train both" : "Train";
    }
    // The first ready setting needs no mention, and what cannot be trained gets none.
    function address() {
      if (ready)
        siamese.link.set({ [NAME]: ready === props.ready_settings[0] ? null : learnSettings.slug(ready.name) });
      else if (form.checkValidity()) siamese.link.set({ [NAME]: learnSettings.written(values()) });
    }
    fields.loss.addEventListener("change", () => strengthen());
    form.addEventListener("input", own);
    form.addEventListener("change", own);

    const text = siamese.link.get(NAME);
    const wanted = learnSettings.read(text, labels.length);
    choose(learnSettings.ready(text, props.ready_settings) ?? props.ready_settings[0]);
    if (wanted) {
      fill(wanted);
      tell(null);
    }
    return { runs: () => (ready ? ready.runs : [learnSettings.sent(values())]) };
  };
})(window.siamese);
