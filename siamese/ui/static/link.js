// What the page shows stands in its address, so that a link opens it again: the tab, and what each tab puts there itself.
// Nothing that a visitor has drawn, typed or brought goes there.
((siamese) => {
  const FIRST = "compare"; // the tab that a plain address opens

  const query = () => new URLSearchParams(location.search);

  let settle;
  const settled = new Promise((resolve) => (settle = resolve));

  siamese.link = {
    /** Fulfilled once the settings that the address names have been set; `settle` says so. */
    settled,
    settle,

    /** The value of a name in the address, or null. */
    get: (name) => query().get(name),

    /** A whole number of the address from `least` to `most`, or null. */
    number: (name, least, most) => siamese.linkedValue({ value: null, least, most }, query().get(name)),

    /** Put values into the address; null, undefined and "" take a name out. The visitor's way back stays as it is. */
    set(values) {
      const next = query();
      for (const [name, value] of Object.entries(values)) {
        if (value === null || value === undefined || value === "") next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      const address = location.pathname + (text ? `?${text}` : "") + location.hash;
      if (address !== location.pathname + location.search + location.hash)
        history.replaceState(history.state, "", address);
    },

    /** Keep values in the address. `told`: [{name, value: its default, choices, or least and most}]. */
    keep(told, values) {
      siamese.link.set(
        Object.fromEntries(told.map(({ name, value }, i) => [name, values[i] === value ? null : values[i]])),
      );
    },

    /** Press the button that the address names, once it is there. `ids` are those of the buttons, by value. */
    press(name, ids) {
      const id = ids[siamese.link.get(name)];
      if (id) siamese.whenThere(`#${CSS.escape(id)}`, (button) => setTimeout(() => button.click(), 100));
    },

    /** The values of the address, or the defaults, as `keep` takes them. */
    restored: (told) => told.map((one) => siamese.linkedValue(one, siamese.link.get(one.name))),
  };

  // What a text of the address stands for: one of the choices, or a whole number within bounds; else the default.
  siamese.linkedValue = ({ value, choices, least, most }, text) => {
    if (text === null) return value;
    if (choices) return choices.find((choice) => String(choice) === text) ?? value;
    const number = Number(text || Number.NaN);
    return Number.isInteger(number) && number >= least && number <= most ? number : value;
  };

  // The tab that the address names is opened once the tabs are there; then the address follows the tabs.
  function follow(tabs) {
    const wanted = siamese.link.get("tab");
    const button = (id) => tabs.querySelector(`[role=tab][data-tab-id="${CSS.escape(id)}"]`);
    if (wanted) button(wanted)?.click();
    const observer = new MutationObserver(() => {
      const id = tabs.querySelector("[role=tab][aria-selected=true]")?.dataset.tabId;
      if (id) siamese.link.set({ tab: id === FIRST ? null : id });
    });
    observer.observe(tabs, { attributes: true, subtree: true, attributeFilter: ["aria-selected"] });
  }

  siamese.whenThere("[role=tablist]:has([role=tab][data-tab-id])", follow);

  siamese.copyLink = (element) => {
    const button = element.querySelector("button");
    const text = button.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(location.href);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Copy it from the address bar";
      }
      setTimeout(() => (button.textContent = text), 2000);
    });
  };
})(window.siamese);
