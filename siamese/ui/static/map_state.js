// What a visitor has chosen on the map, and what of it the address says. Their own pictures are never in an address.
((siamese) => {
  const MOST_NEAR = 50;
  siamese.MAP_NEAR = 12; // neighbours that are shown where nobody has chosen another number

  /** The state of a map that was just opened; a view of the address (`at`) is for the projection of the address. */
  siamese.mapState = () => {
    const { get, number } = siamese.link;
    const view = ["pca", "pca3"].find((name) => name === get("view")) ?? "tsne";
    return {
      view,
      at: view === "pca3" ? null : siamese.mapGeometry.parseView(get("at")),
      views: {}, // of each flat projection, what of it is shown
      whole: {}, // of each flat projection, the width that shows all
      camera: { eye: { x: 1.25, y: 1.25, z: 1.25 }, center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 } },
      colour: get("colour") === "wrong" ? "wrong" : "digit",
      k: number("near", 1, MOST_NEAR) ?? siamese.MAP_NEAR,
      hidden: new Set(), // labels
      only: null, // the indices that alone are shown, or null
      lasso: false,
      names: true,
      selected: null, // an index, "own" or null
      listed: [], // indices
      links: [],
      own: null,
    };
  };

  /** The label and the index that the address names, or null. */
  siamese.mapAddress = (data) => {
    const label = data.names.indexOf(siamese.link.get("label"));
    return { label: label < 0 ? null : label, index: siamese.link.number("index", 0, data.count - 1) };
  };
})(window.siamese);
