// From positions to pixels: the plane, a globe or three axes, as seen from where the visitor has turned them.
((siamese) => {
  /** The radius of the circle or the globe on which embeddings lie, in pixels of a map of `side`. */
  siamese.learnRadius = (dim, side) => side * (dim > 3 ? 0.5 : 0.42); // principal components are seldom longer than 0.8

  /** A function: x, y, z of an embedding (or of its principal components) -> [x, y, depth]. x and y are pixels from the
   * map's middle, y downwards; depth is from -1, far, to 1, near, and 0 in the plane.
   *
   *   view: { yaw, pitch } in radians
   */
  siamese.learnProjector = (view, dim, side) => {
    const radius = siamese.learnRadius(dim, side);
    if (dim === 2) return (x, y) => [x * radius, -y * radius, 0];
    const [sy, cy, sp, cp] = [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)];
    return (x, y, z) => {
      const [across, deep] = [x * cy + z * sy, z * cy - x * sy];
      return [across * radius, -(y * cp - deep * sp) * radius, deep * cp + y * sp];
    };
  };
})(window.siamese);
