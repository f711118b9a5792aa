// The pictures that are listed below the map: neighbours, or what a lasso or a search has found.
((siamese) => {
  const LISTED = 120; // pictures that are shown

  /** A function of items {index, label, distance}, of which the first 120 are shown; `select` is called with an index. */
  siamese.mapList = (list, data, props, select) => {
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

    return (items) => {
      const tiles = items.slice(0, LISTED).map(tile);
      const more = items.length - LISTED;
      if (more > 0) tiles.push(siamese.el("li", { class: "map-more", text: `and ${more.toLocaleString("en")} more` }));
      siamese.refill(list, tiles);
    };
  };
})(window.siamese);
