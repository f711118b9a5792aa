// A grid of gallery pictures, cut from the sprite sheet; a click on one selects it.
((siamese) => {
  const SIDE = 56;
  const NAMED = 76; // of a picture whose name stands below it

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
        const picture = siamese.el("span", { class: "sprite" });
        siamese.sprite(picture, props.sprite, item.index, ink ? SIDE : NAMED);
        const description = `${props.label} ${item.name}, distance ${item.distance.toFixed(2)}, ${siamese.percent(item.probability)} the same`;
        const button = siamese.el(
          "button",
          {
            type: "button",
            class: `tile${ink ? "" : " tile-named"}${item.odd ? " tile-odd" : ""}`,
            title: `#${item.index}: ${description}`,
            "aria-label": `Picture ${item.index}: ${description}`,
            style: `--digit: ${siamese.colour(item.label)}`,
            onclick: () => trigger("select", { index: item.index, value: item.index }),
          },
          picture,
          siamese.el("span", { class: "tile-label", text: item.name }),
          siamese.el("span", { class: "tile-figures", text: item.distance.toFixed(2) }),
          siamese.el("span", { class: "tile-figures", text: siamese.percent(item.probability) }),
        );
        tiles.push(siamese.el("li", {}, button));
      }
      siamese.refill(list, tiles);
    }
    watch("value", show);
    show();
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
            { style: `--digit: ${siamese.colour(row.label)}; --share: ${row.share}` },
            siamese.el("span", { class: "votes-label", text: row.name, title: row.name }),
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
