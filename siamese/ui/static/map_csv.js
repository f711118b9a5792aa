// Pictures of the map as CSV. Pure, but for the download.
((siamese) => {
  const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/; // how a cell begins that a spreadsheet may run

  /** A cell; what a spreadsheet would take for a formula gets an apostrophe in front. A number stays a number. */
  function cell(value) {
    if (typeof value === "number") return String(value);
    const safe = FORMULA.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  /** Rows of cells below their headings; lines end as RFC 4180 has it. */
  siamese.csv = (headings, rows) => [headings, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");

  /** Pictures of the map, by their indices, with their places in the projection that is shown. */
  siamese.mapTable = (data, figure, indices) => {
    const [x, y, z] = figure.axesOf();
    const axes = figure.flat() ? { x, y } : { x, y, z };
    const places = (i) => Object.values(axes).map((axis) => Number(axis[i].toFixed(5)));
    const row = (i) => [i, data.labels[i], data.names[data.labels[i]], ...places(i)];
    return siamese.csv(["index", "label", "name", ...Object.keys(axes)], indices.map(row));
  };

  siamese.download = (name, text) => {
    // With the mark of UTF-8, without which spreadsheets take it for something else.
    const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    siamese.el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
})(window.siamese);
