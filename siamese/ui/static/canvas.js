// A square of paper to draw on with mouse, touch or stylus. Its value is a data URL of the picture, or null while it
// is blank. `canvas_input.js` adds the ways to bring a picture: upload, paste, drop, camera.
((siamese) => {
  const SIDE = 280; // of the square that strokes are drawn in
  const SHOWN = 560; // pixels of the canvas on the page, for sharp strokes on fine screens
  const LARGE = 128; // of that square: a drawing that spans more is sent at half the size, which shows it as well

  function trace(target, stroke, scale, brush) {
    target.lineWidth = brush * scale;
    target.lineCap = target.lineJoin = "round";
    target.strokeStyle = target.fillStyle = "#000";
    target.beginPath();
    const [first, ...rest] = stroke;
    target.moveTo(first[0] * scale, first[1] * scale);
    if (!rest.length) target.lineTo(first[0] * scale + 0.01, first[1] * scale);
    for (let i = 0; i < rest.length; i++) {
      const [x, y] = rest[i];
      const next = rest[i + 1];
      if (next) target.quadraticCurveTo(x * scale, y * scale, ((x + next[0]) / 2) * scale, ((y + next[1]) / 2) * scale);
      else target.lineTo(x * scale, y * scale);
    }
    target.stroke();
  }

  // The larger of the strokes' width and height. A loop, since a function call takes only so many arguments.
  function span(strokes) {
    const extent = [0, 1].map((axis) => {
      let [low, high] = [SIDE, 0];
      for (const point of strokes.flat()) [low, high] = [Math.min(low, point[axis]), Math.max(high, point[axis])];
      return high - low;
    });
    return Math.max(...extent);
  }

  siamese.canvas = (element, props, trigger, watch) => {
    const stage = element.querySelector(".pad-stage");
    const canvas = stage.querySelector("canvas");
    const context = canvas.getContext("2d");
    const message = element.querySelector(".pad-message");
    const undoButton = element.querySelector("[data-do=undo]");
    const clearButton = element.querySelector("[data-do=clear]");
    const brush = props.brush || 18;
    let strokes = [];
    let picture = null; // an uploaded one, below the strokes
    let current = null; // the stroke that is being drawn
    let pointer = null; // the pointer that draws it
    let sent = props.value || null;
    canvas.width = canvas.height = SHOWN;

    function show() {
      context.fillStyle = "#fff";
      context.fillRect(0, 0, SHOWN, SHOWN);
      if (picture) {
        const zoom = Math.min(SHOWN / picture.width, SHOWN / picture.height);
        const [w, h] = [picture.width * zoom, picture.height * zoom];
        context.drawImage(picture, (SHOWN - w) / 2, (SHOWN - h) / 2, w, h);
      }
      for (const stroke of strokes) trace(context, stroke, SHOWN / SIDE, brush);
      const blank = !strokes.length && !picture;
      stage.classList.toggle("is-blank", blank);
      undoButton.disabled = clearButton.disabled = blank;
    }

    function exported() {
      if (!strokes.length && !picture) return null;
      if (!strokes.length) return siamese.pictureUrl(picture); // as it is, not through the square
      const side = !picture && span(strokes) >= LARGE ? SIDE / 2 : SIDE;
      const off = document.createElement("canvas");
      off.width = off.height = side;
      const target = off.getContext("2d");
      target.imageSmoothingQuality = "high";
      target.drawImage(canvas, 0, 0, side, side);
      return off.toDataURL("image/png");
    }

    // Keep what is drawn as the value, and ask for an answer. About a square that was and stays blank there is none.
    function send() {
      show();
      const before = sent;
      sent = exported();
      canvas.setAttribute("aria-label", props.name + (sent ? ", with a drawing" : ", blank"));
      props.value = sent;
      if (sent || before) siamese.ask(trigger);
      element.dispatchEvent(new Event("sent", { bubbles: true }));
    }

    function say(text) {
      message.textContent = text;
      message.hidden = !text;
    }

    // --- drawing ---
    const position = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button || current) return;
      pointer = event.pointerId; // of several fingers, the first one draws
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      say("");
      current = [position(event)];
      strokes.push(current);
      show();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!current || event.pointerId !== pointer) return;
      const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const one of events.length ? events : [event]) current.push(position(one));
      show();
    });
    const lift = (event) => {
      if (!current || event.pointerId !== pointer) return;
      current = null;
      send();
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);

    // --- pictures from elsewhere, undo and clear ---
    const input = siamese.canvasInput(element, stage, say, (bitmap) => {
      picture = bitmap;
      strokes = [];
      send();
    });
    function undo() {
      if (strokes.length) strokes.pop();
      else picture = null;
      send();
    }
    function clear() {
      input.closeCamera();
      strokes = [];
      picture = null;
      say("");
      send();
    }
    undoButton.addEventListener("click", undo);
    clearButton.addEventListener("click", clear);
    canvas.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
      else if (event.key === "Delete" || event.key === "Backspace") clear();
      else return;
      event.preventDefault();
    });

    // --- values that Python sets ---
    async function receive() {
      const value = props.value || null;
      if (value === sent) return;
      sent = value;
      strokes = [];
      picture = null;
      if (value) picture = await createImageBitmap(await (await fetch(value)).blob());
      show();
    }
    watch("value", receive);
    canvas.setAttribute("aria-label", `${props.name}, blank`);
    show();
    const hint = stage.querySelector(".pad-hint");
    const invitation = hint.textContent;
    siamese.firstVisit(element, {
      blank: () => !strokes.length && !picture && !sent,
      show(given) {
        strokes = given;
        show();
      },
      send,
      clear: () => (strokes.length || picture || sent) && clear(),
      example(on) {
        stage.classList.toggle("is-example", on);
        hint.textContent = on ? "now yours" : invitation;
        if (on) canvas.setAttribute("aria-label", `${props.name}, with an example`);
      },
    });
    if (sent) {
      sent = null;
      receive();
    }
  };
})(window.siamese);
