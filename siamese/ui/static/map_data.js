// The points of the map: what Python sent, and what a visitor has selected besides. Pure.
((siamese) => {
  // plotly's own JSON for arrays is base64 of little-endian numbers.
  const TYPES = {
    f4: Float32Array,
    f8: Float64Array,
    i1: Int8Array,
    u1: Uint8Array,
    i2: Int16Array,
    u2: Uint16Array,
    i4: Int32Array,
    u4: Uint32Array,
  };
  const array = (value) =>
    value.bdata ? Array.from(new TYPES[value.dtype](siamese.bytes(value.bdata).buffer)) : value;
  const AXES = ["x", "y", "px", "py", "pz"];

  /**
   * The figure, unpacked: count, of the gallery's pictures; names, colours and counts (of the gallery's pictures) of each
   * label; traces and layout for plotly; single: whether one trace has all labels; indices, of the pictures that have a
   * point, the sample's first; members, of these, the indices of each trace.
   *
   * By index are labels, x, y (t-SNE), px, py, pz (principal components), and wrong: what has no point is not a number there.
   */
  siamese.unpackFigure = (figure) => {
    const { meta, ...layout } = figure.layout;
    const { count, names, colours, counts } = meta;
    const members = figure.data.map((trace) => array(trace.customdata));
    const indices = members.flat().sort((a, b) => a - b);
    const data = { count, names, colours, counts, layout, members, indices, traces: figure.data, judged: false };
    data.single = members.length === 1 && names.length > 1;
    for (const axis of AXES) data[axis] = new Float32Array(count).fill(Number.NaN);
    data.labels = new Int32Array(count);
    data.wrong = new Uint8Array(count);
    figure.data.forEach((trace, i) => {
      const [x, y] = [array(trace.x), array(trace.y)];
      members[i].forEach((index, j) => {
        data.x[index] = x[j];
        data.y[index] = y[j];
      });
    });
    // Give each picture of the sample, in the order of its indices, its value.
    const set = (target, values) => {
      for (const [i, value] of values.entries()) target[indices[i]] = value;
    };
    set(data.labels, array(meta.labels));
    for (const axis of ["px", "py", "pz"]) set(data[axis], array(meta[axis]));

    /** Whether a picture has a point. */
    data.has = (index) => !Number.isNaN(data.x[index]);

    /** Give pictures a point that have none: [{index, label, xy, pca, wrong}]. */
    data.add = (points) => {
      for (const { index, label, xy, pca, wrong } of points) {
        if (data.has(index)) continue;
        for (const [i, value] of [...xy, ...pca].entries()) data[AXES[i]][index] = value;
        data.labels[index] = label;
        data.wrong[index] = wrong;
        data.members[data.single ? 0 : label].push(index);
        data.indices.push(index);
      }
    };

    /** Keep which pictures of the sample their neighbours misread, in the order of its indices. */
    data.judge = (wrong) => {
      set(data.wrong, wrong);
      data.judged = true;
    };
    return data;
  };
})(window.siamese);
