// A grid of gallery pictures; a click on one selects it.
((siamese) => {
  const SIDE = 84; // pixels: three for each of the picture
  const NAMED = 92; // of a picture whose name stands below it

  /** An item of a list: a picture of the gallery as a button. `tile` is {index, name, colour, figures, title, told, odd}. */
  siamese.tile = (sheet, side, tile, select) => {
    const picture = siamese.el("span", { class: "sprite" });
    siamese.sprite(picture, sheet, tile.index, side);
    const button = siamese.el(
      "button",
      {
        type: "button",
        class: `tile${sheet.kind === "ink" ? "" : " tile-named"}${tile.odd ? " tile-odd" : ""}`,
        title: tile.title,
        "aria-label": tile.told,
        style: `--digit: ${siamese.colour(tile.colour)}`,
        onclick: select,
      },
      picture,
      siamese.el("span", { class: "tile-label", dir: "auto", text: tile.name }),
      siamese.el("span", { class: "tile-figures", text: tile.figures }),
    );
    return siamese.el("li", {}, button);
  };

  siamese.grid = (element, props, trigger, watch) => {
    const list = element.querySelector(".grid");
    const empty = element.querySelector(".grid-empty");
    const ink = props.sprite.kind === "ink";
    function show() {
      const value = siamese.parse(props.value) || { items: [] };
      const tiles = [];
      empty.hidden = value.items.length > 0;
      empty.textContent = value.hint || props.hint;
      for (const item of value.items) {
        const [distance, share] = [item.distance.toFixed(2), siamese.percent(item.probability)];
        const description = `${props.label} ${item.name}, distance ${distance}, ${share} the same`;
        const tile = {
          index: item.index,
          name: item.name,
          colour: props.colours[item.label],
          figures: `${distance} · ${share}`,
          title: `#${item.index}: ${description}`,
          told: `Picture ${item.index}: ${description}`,
          odd: item.odd,
        };
        tiles.push(
          siamese.tile(props.sprite, ink ? SIDE : NAMED, tile, () =>
            trigger("select", { index: item.index, value: item.index }),
          ),
        );
      }
      siamese.refill(list, tiles);
      if (props.value) siamese.link.set({ query: value.at });
    }
    list.addEventListener("keydown", (event) => {
      const buttons = [...list.querySelectorAll("button")];
      const at = buttons.indexOf(document.activeElement);
      const to = siamese.stepTo(event.key, at, buttons.length);
      if (to !== null) buttons[to].focus();
      else if (event.key === "Backspace") document.querySelector("#back:not([disabled])")?.click();
      else return;
      event.preventDefault();
    });
    watch("value", show);
    show();
    const query = siamese.link.number("query", 0, props.last);
    // The settings beside it are set from the address first.
    if (query !== null) siamese.link.settled.then(() => trigger("select", { index: query, value: query }));
  };

  // Where a key leads from item `at` of `count`; null if it leads nowhere.
  siamese.stepTo = (key, at, count) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: count - 1 }[key];
    return to === undefined || to < 0 || to >= count ? null : to;
  };

  // The vote by label, as bars.
  siamese.votes = (element, props, watch) => {
    const list = element.querySelector(".votes");
    function show() {
      const value = siamese.parse(props.value);
      element.querySelector(".votes-words").textContent = value ? value.words : "";
      list.replaceChildren();
      for (const row of value ? value.rows : []) {
        list.append(
          siamese.el(
            "li",
            { style: `--digit: ${siamese.colour(props.colours[row.label])}; --share: ${row.share}` },
            siamese.el("span", { class: "votes-label", dir: "auto", text: row.name, title: row.name }),
            siamese.el("span", { class: "votes-bar" }),
            siamese.el("span", { class: "votes-count", text: row.count }),
          ),
        );
      }
    }
    watch("value", show);
    show();
  };
})(window.siamese);
