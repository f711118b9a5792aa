// The map of a run: the held-out pictures where the network puts them, on a circle, a globe or three axes.
((siamese) => {
  const SCALE = 2 / 32767; // positions are sent as 16-bit numbers, from -2 to 2
  const THUMB = 84; // pixels, side of the picture that hovering shows
  const REACH = 14; // pixels: the farthest that a point may be from the pointer to count as pointed at
  const FADED = 0.45; // how much of the points is left under the lines
  const RING = 0.055; // how far points of a circle are moved off it, so that they do not hide one another

  // -> { stage, draw, describe, remove }
  //   dim, loss, excluded: of the run's settings; heldOut: { indices, labels, names }
  //   view: { yaw, pitch, hidden, lines }, shared by all runs; redraw: asks for another call of `draw`
  siamese.learnMap = ({ dim, loss, excluded }, heldOut, sprite, view, redraw) => {
    const { el } = siamese;
    const axes = Math.min(dim, 3);
    const unseen = new Set(excluded);
    const count = heldOut.labels.length;
    const at = new Float32Array(count * 3); // pixels from the middle, and depth from -1 to 1
    const order = Uint16Array.from({ length: count }, (_, i) => i);
    let side = 0;

    const canvas = el("canvas", { tabindex: "0", role: "img" });
    const picture = el("span", { class: "sprite" });
    const label = el("span", { class: "map-card-text" });
    const card = el("div", { class: "map-card", hidden: true, "aria-hidden": "true" }, picture, label);
    const stage = el("div", { class: "learn-stage" }, canvas, card);

    // Positions between two snapshots, `part` of the way, in pixels as seen from the present direction.
    function place(from, to, part, project) {
      for (let i = 0; i < count; i++) {
        const mixed = (axis) => {
          const k = i * axes + axis;
          return (from.positions[k] + (to.positions[k] - from.positions[k]) * part) * SCALE;
        };
        const off = axes === 2 ? 1 + RING * (((i * 0.618034) % 1) * 2 - 1) : 1;
        at.set(project(mixed(0) * off, mixed(1) * off, axes === 3 ? mixed(2) : 0), i * 3);
      }
    }

    function paintAxes(context, style, project) {
      context.strokeStyle = style.getPropertyValue("--hairline");
      context.lineWidth = 1;
      context.beginPath();
      if (dim <= 3) context.arc(0, 0, siamese.learnRadius(dim, side), 0, 7);
      const to = (point, i) => context[i ? "lineTo" : "moveTo"](...project(...point).slice(0, 2));
      // The globe's equator and two meridians, or of principal components the three axes: they show how it is rotated.
      const turn = Array.from({ length: 49 }, (_, step) => [
        Math.cos((step * Math.PI) / 24),
        Math.sin((step * Math.PI) / 24),
      ]);
      if (dim === 3) for (const k of [0, 1, 2]) turn.map((point) => point.toSpliced(k, 0, 0)).forEach(to);
      if (dim > 3) for (const k of [0, 1, 2]) [-1, 1].map((end) => [0, 0, 0].with(k, end)).forEach(to);
      context.stroke();
    }

    function paint(project, lines) {
      const style = getComputedStyle(document.body);
      const colours = siamese.palette();
      const context = canvas.getContext("2d");
      const density = window.devicePixelRatio || 1;
      if (canvas.width !== Math.round(side * density)) canvas.width = canvas.height = Math.round(side * density);
      context.setTransform(density, 0, 0, density, (side * density) / 2, (side * density) / 2);
      context.clearRect(-side / 2, -side / 2, side, side);
      paintAxes(context, style, project);
      if (axes === 3) order.sort((a, b) => at[a * 3 + 2] - at[b * 3 + 2]);
      const size = Math.max(1.8, side / 200);
      for (const i of order) {
        const digit = heldOut.labels[i];
        if (view.hidden.has(digit)) continue;
        const near = axes === 3 ? (Math.max(-1, Math.min(1, at[i * 3 + 2])) + 1) / 2 : 0.75;
        context.globalAlpha = (0.3 + 0.6 * near) * (lines ? FADED : 1);
        context.beginPath();
        if (unseen.has(digit)) {
          context.arc(at[i * 3], at[i * 3 + 1], size * 1.3, 0, 7);
          context.strokeStyle = colours[digit % colours.length];
          context.lineWidth = 1.5;
          context.stroke();
        } else {
          context.arc(at[i * 3], at[i * 3 + 1], size * (0.75 + 0.45 * near), 0, 7);
          context.fillStyle = colours[digit % colours.length];
          context.fill();
        }
      }
      context.globalAlpha = 1;
      names(context, style);
      if (!lines) return;
      const [same, different, surface] = ["same", "different", "surface"].map((name) =>
        style.getPropertyValue(`--${name}`),
      );
      const ends = siamese.learnLineEnds(lines, axes, SCALE, project);
      siamese.learnPaintLines(context, lines, ends, { same, different, surface, labels: colours }, loss === "triplet");
    }

    // Each digit's name at the middle of its points; on a circle or a globe a little outside of it.
    function names(context, style) {
      const sums = heldOut.names.map(() => [0, 0, 0]);
      for (let i = 0; i < count; i++) {
        const sum = sums[heldOut.labels[i]];
        sum[0] += at[i * 3];
        sum[1] += at[i * 3 + 1];
        sum[2] += 1;
      }
      const wordy = heldOut.names.some((name) => name.length > 3);
      context.font = wordy
        ? "600 11px system-ui, sans-serif"
        : `650 ${Math.max(13, side / 30)}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.lineJoin = "round";
      context.lineWidth = 4;
      sums.forEach(([x, y, n], digit) => {
        if (!n || view.hidden.has(digit)) return;
        let [px, py] = [x / n, y / n];
        if (axes === 2) {
          const length = Math.hypot(px, py) || 1;
          [px, py] = [(px / length) * side * 0.475, (py / length) * side * 0.475];
        }
        context.strokeStyle = style.getPropertyValue("--surface");
        const name = siamese.short(heldOut.names[digit]);
        context.strokeText(name, px, py);
        context.fillStyle = style.getPropertyValue("--body-text-color");
        context.fillText(name, px, py);
      });
    }

    function hover(event) {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left - side / 2, event.clientY - box.top - side / 2];
      let [best, nearest] = [-1, REACH * REACH];
      for (let i = 0; i < count; i++) {
        if (view.hidden.has(heldOut.labels[i])) continue;
        const far = (at[i * 3] - x) ** 2 + (at[i * 3 + 1] - y) ** 2 - (axes === 3 ? at[i * 3 + 2] * 20 : 0);
        if (far < nearest) [best, nearest] = [i, far];
      }
      card.hidden = best < 0;
      if (best < 0) return;
      siamese.sprite(picture, sprite, heldOut.indices[best], THUMB);
      label.textContent = `${heldOut.names[heldOut.labels[best]]}  ·  #${heldOut.indices[best]}${unseen.has(heldOut.labels[best]) ? "  ·  never seen" : ""}`;
      const left = Math.min(Math.max(event.clientX - box.left + 14, 4), box.width - card.offsetWidth - 6);
      const top = Math.min(Math.max(event.clientY - box.top + 14, 4), box.height - card.offsetHeight - 6);
      card.style.transform = `translate(${left}px, ${top}px)`;
    }

    function rotate(yaw, pitch) {
      view.yaw += yaw;
      view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch + pitch));
      redraw();
    }
    if (axes === 3) {
      canvas.classList.add("is-rotatable");
      let grip = null;
      canvas.addEventListener("pointerdown", (event) => {
        grip = [event.clientX, event.clientY];
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointermove", (event) => {
        if (!grip) return;
        rotate((event.clientX - grip[0]) * 0.01, (event.clientY - grip[1]) * 0.01);
        grip = [event.clientX, event.clientY];
      });
      for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (grip = null));
      canvas.addEventListener("keydown", (event) => {
        const keys = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[
          event.key
        ];
        if (!keys) return;
        event.preventDefault();
        rotate(...keys);
      });
    }
    canvas.addEventListener("pointermove", hover);
    canvas.addEventListener("pointerleave", () => (card.hidden = true));
    const observer = new ResizeObserver(redraw);
    observer.observe(stage);

    // Draw the pictures between two snapshots, `part` of the way, and the lines of one of them, or null.
    function draw(from, to, part, lines) {
      side = canvas.clientWidth;
      const project = siamese.learnProjector(view, dim, side);
      place(from, to, part, project);
      paint(project, lines);
    }
    return {
      stage,
      draw,
      describe: (text) => canvas.setAttribute("aria-label", text),
      remove: () => observer.disconnect(),
    };
  };
})(window.siamese);
