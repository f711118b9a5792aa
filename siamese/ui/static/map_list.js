// The pictures that are listed below the map: neighbours, or what a lasso or a search has found.
((siamese) => {
  const LISTED = 120; // pictures that are shown

  /** A function of items {index, label, distance}, of which the first 120 are shown; `select` is called with an index. */
  siamese.mapList = (list, data, props, select) => {
    const named = props.sprite.kind !== "ink";
    function tile({ index, label, distance }) {
      const name = data.names[label];
      const figures = distance == null ? `#${index}` : distance.toFixed(2);
      const [title, told] = [`#${index}: ${name}`, `Picture ${index}, ${props.label} ${name}`];
      const shown = { index, name, colour: data.colours[label], figures, title, told };
      return siamese.tile(props.sprite, named ? 64 : 44, shown, () => select(index));
    }

    return (items) => {
      const tiles = items.slice(0, LISTED).map(tile);
      const more = items.length - LISTED;
      if (more > 0) tiles.push(siamese.el("li", { class: "map-more", text: `and ${more.toLocaleString("en")} more` }));
      siamese.refill(list, tiles);
    };
  };
})(window.siamese);
