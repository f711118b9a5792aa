// One run on the page: the map of the held-out pictures as they move, the curves, the two distributions.
(function (siamese) {
  const SCALE = 2 / 32767; // places are sent as 16-bit numbers, from -2 to 2
  const THUMB = 84;
  const REACH = 14; // pixels from the pointer to a point that is still meant
  const RING = 0.055; // how far points of a circle are moved off it, so that they do not hide one another
  const [WIDTH, HEIGHT] = [260, 62];
  const [SPREAD, FLOOR] = [300, 92];

  const numbers = (base64, kind) => new kind(siamese.bytes(base64).buffer);

  // A frame as it was sent -> as it is drawn: typed arrays of places and of shares.
  siamese.watchFrame = (frame) => ({
    ...frame,
    places: numbers(frame.places, Int16Array),
    same: Array.from(numbers(frame.same, Uint16Array), (n) => n / 65535),
    different: Array.from(numbers(frame.different, Uint16Array), (n) => n / 65535),
  });

  siamese.watchView = function (run, held, sprite, view, redraw) {
    const { el, svg } = siamese;
    const axes = Math.min(run.settings.dim, 3);
    const count = held.labels.length;
    const unseen = new Set(run.settings.excluded);
    const at = new Float32Array(count * 3); // pixels from the middle, and depth from -1 to 1
    const order = Uint16Array.from({ length: count }, (_, i) => i);
    let side = 0;

    const canvas = el("canvas", { tabindex: "0", role: "img" });
    const picture = el("span", { class: "sprite" });
    const label = el("span", { class: "map-card-text" });
    const card = el("div", { class: "map-card", hidden: true, "aria-hidden": "true" }, picture, label);
    const caption = el("p", { class: "watch-caption" });
    const keep = el("button", {
      type: "button", class: "chip watch-keep", "aria-pressed": "false", text: "Keep beside the next",
      onclick: () => run.keep(!run.kept),
    });
    run.keep = (kept) => {
      run.kept = kept;
      keep.setAttribute("aria-pressed", String(kept));
    };
    const command = el("code", { class: "watch-command", hidden: true });
    const copy = el("button", {
      type: "button", class: "chip watch-copy", "aria-expanded": "false", text: "As a command", title: "The train.py command that trains this network on the whole of MNIST",
      onclick: async () => {
        command.hidden = !command.hidden;
        // Broken between words only, never at a hyphen.
        command.replaceChildren(...run.command.split(" ").flatMap((word, i) => [i ? " " : "", el("span", { text: word })]));
        copy.setAttribute("aria-expanded", String(!command.hidden));
        // A page that is not served securely, or a frame without leave, has no clipboard; the command is there to be selected.
        if (command.hidden || !navigator.clipboard) return;
        await navigator.clipboard.writeText(run.command).then(() => say("Copied"), () => say("Select it to copy"));
      },
    });
    const say = (words) => {
      copy.textContent = words;
      setTimeout(() => (copy.textContent = "As a command"), 1800);
    };
    const curves = [
      curve("Loss", (frame) => frame.loss, (value) => value.toFixed(3)),
      curve(run.settings.loss === "triplet" ? "Active triplets" : run.settings.loss === "supcon" ? "Active anchors" : "Active pairs", (frame) => frame.active, siamese.percent, 1),
      curve("Held-out 5-NN accuracy", (frame) => frame.accuracy, (value) => `${(value * 100).toFixed(1)} %`, 1),
    ];
    const spread = distances();
    const root = el("section", { class: "watch-run", "aria-label": `Run: ${run.name}` },
      el("header", {}, el("h3", { text: run.name }), el("div", { class: "watch-tools" }, keep, copy)), command,
      el("div", { class: "watch-body" },
        el("div", { class: "watch-map" }, el("div", { class: "watch-stage" }, canvas, card), caption),
        el("div", { class: "watch-charts" }, ...curves.map((c) => c.node), spread.node),
      ),
    );

    // --- curves ---
    function curve(name, of, words, most) {
      const figure = el("span", { class: "watch-figure" });
      const line = svg("path", { class: "watch-line" });
      const cursor = svg("line", { class: "watch-cursor", y1: 0, y2: HEIGHT });
      const dot = svg("circle", { class: "watch-dot", r: 3 });
      const plot = svg("svg", { viewBox: `0 -4 ${WIDTH} ${HEIGHT + 8}`, "aria-hidden": "true" },
        svg("line", { class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }), cursor, line, dot);
      const node = el("div", { class: "watch-curve" }, el("div", { class: "watch-curve-head" }, el("span", { text: name }), figure), plot);
      function show(head) {
        const frames = run.frames.filter((frame) => of(frame) != null);
        if (!frames.length) return;
        const top = most ?? Math.max(...frames.map(of), 1e-9);
        const x = (frame) => (frame.step / frame.steps) * WIDTH;
        const y = (frame) => HEIGHT - (of(frame) / top) * HEIGHT;
        line.setAttribute("d", "M" + frames.map((frame) => `${x(frame).toFixed(1)} ${y(frame).toFixed(1)}`).join("L"));
        const now = of(head) == null ? frames[0] : head;
        cursor.setAttribute("x1", x(head));
        cursor.setAttribute("x2", x(head));
        dot.setAttribute("cx", x(now));
        dot.setAttribute("cy", y(now));
        figure.textContent = of(head) == null ? "–" : words(of(head));
      }
      return { node, show };
    }

    // --- the distances of held-out pairs ---
    function distances() {
      const same = svg("path", { class: "area-same" });
      const different = svg("path", { class: "area-different" });
      const mark = svg("g", { class: "watch-margin" });
      const plot = svg("svg", { viewBox: `0 0 ${SPREAD} ${FLOOR + 16}`, role: "img", "aria-label": "Distances of held-out pairs", class: "watch-spread" },
        different, same, svg("line", { x1: 0, x2: SPREAD, y1: FLOOR, y2: FLOOR, class: "axis" }), mark,
        svg("text", { x: 2, y: FLOOR + 13, class: "tick", text: "0 · alike" }),
        svg("text", { x: SPREAD - 2, y: FLOOR + 13, class: "tick", "text-anchor": "end", text: "unlike · 2" }));
      const node = el("div", { class: "watch-curve" },
        el("div", { class: "watch-curve-head" }, el("span", {},
          el("span", { class: "key-same", text: "same digit" }), el("span", { class: "key-different", text: "different" })),
          el("span", { class: "watch-figure", text: run.settings.loss === "supcon" ? "has no margin" : `margin ${run.settings.margin}` })),
        plot);
      const x = (distance) => (distance / 2) * SPREAD;
      function show(frame) {
        const tallest = Math.max(...frame.same, ...frame.different);
        same.setAttribute("d", siamese.area(frame.same, tallest, SPREAD, FLOOR, FLOOR - 14));
        different.setAttribute("d", siamese.area(frame.different, tallest, SPREAD, FLOOR, FLOOR - 14));
        if (run.settings.loss === "contrastive") {
          const to = x(run.settings.margin);
          mark.replaceChildren(svg("line", { x1: to, x2: to, y1: 4, y2: FLOOR }));
        } else if (run.settings.loss === "triplet") {
          // A triplet's margin is no place but a width: how much farther than the positive the negative has to be.
          const from = x(frame.same.reduce((sum, share, i) => sum + share * (i + 0.5) * 2 / frame.same.length, 0));
          const to = from + x(run.settings.margin);
          mark.replaceChildren(
            svg("line", { x1: from, x2: to, y1: 7, y2: 7 }),
            svg("line", { x1: from, x2: from, y1: 3, y2: FLOOR }), svg("line", { x1: to, x2: to, y1: 3, y2: FLOOR }));
        }
      }
      return { node, show };
    }

    // --- the map ---
    function project(from, to, share) {
      const [sy, cy, sp, cp] = axes === 3 ? [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)] : [0, 1, 0, 1];
      const radius = side * (run.settings.dim > 3 ? 0.5 : 0.42); // principal components are seldom longer than 0.8
      for (let i = 0; i < count; i++) {
        const mixed = (axis) => {
          const k = i * axes + axis;
          return (from.places[k] + (to.places[k] - from.places[k]) * share) * SCALE;
        };
        let [x, y, z] = [mixed(0), mixed(1), axes === 3 ? mixed(2) : 0];
        if (axes === 2) {
          const off = 1 + RING * (((i * 0.618034) % 1) * 2 - 1);
          [x, y] = [x * off, y * off];
        }
        [x, z] = [x * cy + z * sy, z * cy - x * sy];
        [y, z] = [y * cp - z * sp, z * cp + y * sp];
        at[i * 3] = x * radius;
        at[i * 3 + 1] = -y * radius;
        at[i * 3 + 2] = z;
      }
    }

    function frameLines(context, style) {
      context.strokeStyle = style.getPropertyValue("--hairline");
      context.lineWidth = 1;
      context.beginPath();
      const radius = side * (run.settings.dim > 3 ? 0.5 : 0.42);
      if (run.settings.dim <= 3) context.arc(0, 0, radius, 0, 7);
      if (axes === 3) {
        // The globe's equator and two meridians, or of principal components the three axes: they show how it is turned.
        const [sy, cy, sp, cp] = [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)];
        const turned = (x, y, z) => [(x * cy + z * sy) * radius, -(y * cp - (z * cy - x * sy) * sp) * radius];
        const circles = [(a) => [Math.cos(a), 0, Math.sin(a)], (a) => [Math.cos(a), Math.sin(a), 0], (a) => [0, Math.sin(a), Math.cos(a)]];
        for (const [k, circle] of circles.entries()) {
          if (run.settings.dim > 3) {
            const end = [0, 0, 0];
            end[k] = 1;
            context.moveTo(...turned(...end.map((v) => -v)));
            context.lineTo(...turned(...end));
          } else {
            for (let step = 0; step <= 48; step++) context[step ? "lineTo" : "moveTo"](...turned(...circle((step * Math.PI) / 24)));
          }
        }
      }
      context.stroke();
    }

    function paint() {
      const style = getComputedStyle(document.body);
      const colours = [...Array(10).keys()].map((digit) => style.getPropertyValue(`--digit-${digit}`).trim());
      const context = canvas.getContext("2d");
      const density = window.devicePixelRatio || 1;
      if (canvas.width !== Math.round(side * density)) canvas.width = canvas.height = Math.round(side * density);
      context.setTransform(density, 0, 0, density, (side * density) / 2, (side * density) / 2);
      context.clearRect(-side / 2, -side / 2, side, side);
      frameLines(context, style);
      if (axes === 3) order.sort((a, b) => at[a * 3 + 2] - at[b * 3 + 2]);
      const size = Math.max(1.8, side / 200);
      for (const i of order) {
        const digit = held.labels[i];
        if (view.hidden.has(digit)) continue;
        const near = axes === 3 ? (Math.max(-1, Math.min(1, at[i * 3 + 2])) + 1) / 2 : 0.75;
        context.globalAlpha = 0.3 + 0.6 * near;
        context.beginPath();
        if (unseen.has(digit)) {
          context.arc(at[i * 3], at[i * 3 + 1], size * 1.3, 0, 7);
          context.strokeStyle = colours[digit];
          context.lineWidth = 1.5;
          context.stroke();
        } else {
          context.arc(at[i * 3], at[i * 3 + 1], size * (0.75 + 0.45 * near), 0, 7);
          context.fillStyle = colours[digit];
          context.fill();
        }
      }
      context.globalAlpha = 1;
      names(context, style);
    }

    // Each digit's name at the middle of its points; on a circle or a globe a little outside of it.
    function names(context, style) {
      const sums = Array.from({ length: 10 }, () => [0, 0, 0]);
      for (let i = 0; i < count; i++) {
        const sum = sums[held.labels[i]];
        sum[0] += at[i * 3];
        sum[1] += at[i * 3 + 1];
        sum[2] += 1;
      }
      context.font = `650 ${Math.max(13, side / 30)}px system-ui, sans-serif`;
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
        context.strokeText(digit, px, py);
        context.fillStyle = style.getPropertyValue("--body-text-color");
        context.fillText(digit, px, py);
      });
    }

    function hover(event) {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left - side / 2, event.clientY - box.top - side / 2];
      let [best, nearest] = [-1, REACH * REACH];
      for (let i = 0; i < count; i++) {
        if (view.hidden.has(held.labels[i])) continue;
        const far = (at[i * 3] - x) ** 2 + (at[i * 3 + 1] - y) ** 2 - (axes === 3 ? at[i * 3 + 2] * 20 : 0);
        if (far < nearest) [best, nearest] = [i, far];
      }
      card.hidden = best < 0;
      if (best < 0) return;
      siamese.sprite(picture, sprite, held.indices[best], THUMB);
      label.textContent = `${held.labels[best]}  ·  #${held.indices[best]}${unseen.has(held.labels[best]) ? "  ·  never seen" : ""}`;
      const left = Math.min(Math.max(event.clientX - box.left + 14, 4), box.width - card.offsetWidth - 6);
      const top = Math.min(Math.max(event.clientY - box.top + 14, 4), box.height - card.offsetHeight - 6);
      card.style.transform = `translate(${left}px, ${top}px)`;
    }

    function turn(yaw, pitch) {
      view.yaw += yaw;
      view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch + pitch));
      redraw();
    }
    if (axes === 3) {
      canvas.classList.add("is-turnable");
      let grip = null;
      canvas.addEventListener("pointerdown", (event) => {
        grip = [event.clientX, event.clientY];
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointermove", (event) => {
        if (!grip) return;
        turn((event.clientX - grip[0]) * 0.01, (event.clientY - grip[1]) * 0.01);
        grip = [event.clientX, event.clientY];
      });
      for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (grip = null));
      canvas.addEventListener("keydown", (event) => {
        const turns = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key];
        if (!turns) return;
        event.preventDefault();
        turn(...turns);
      });
    }
    canvas.addEventListener("pointermove", hover);
    canvas.addEventListener("pointerleave", () => (card.hidden = true));
    const observer = new ResizeObserver(redraw);
    observer.observe(canvas.parentElement);

    // Show the run at `head`, a frame's number, or between two.
    function show(head) {
      if (!run.frames.length) return;
      const last = run.frames.length - 1;
      const number = Math.min(Math.floor(head), last);
      const [from, to] = [run.frames[number], run.frames[Math.min(number + 1, last)]];
      side = canvas.clientWidth;
      project(from, to, Math.min(head, last) - number);
      paint();
      const frame = run.frames[Math.min(Math.round(head), last)];
      if (frame === told && last === known) return;
      [told, known] = [frame, last];
      tell(frame);
    }
    let told = null; // the frame that the curves and words show, and the number of the last one
    let known = -1;
    function tell(frame) {
      for (const chart of curves) chart.show(frame);
      spread.show(frame);
      const accuracy = `${(frame.accuracy * 100).toFixed(1)} %`;
      const never = frame.unseen == null ? "" : ` Of the digits never seen, ${(frame.unseen * 100).toFixed(1)} % are named right.`;
      const drawn =
        run.settings.dim === 2 ? "Both dimensions, as they are; points are moved a little off the circle, not to hide one another."
        : run.settings.dim === 3 ? "All three dimensions, as they are. Drag to turn."
        : `The three principal components, ${Math.round(frame.shown * 100)} % of the variance of ${run.settings.dim} dimensions. Drag to turn.`;
      caption.textContent = drawn + never;
      canvas.setAttribute("aria-label", `Map of ${count} held-out pictures after step ${frame.step} of ${frame.steps}; held-out 5-NN accuracy ${accuracy}`);
    }
    return { root, show, remove: () => (observer.disconnect(), root.remove()) };
  };
})(window.siamese);
