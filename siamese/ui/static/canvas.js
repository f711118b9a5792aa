// A square of paper to draw on: mouse, touch and stylus; undo, clear, upload, paste, drop, camera.
// Its value is a data URL of the picture, or null while it is blank.
(function (siamese) {
  const SIDE = 280; // of the square that strokes are drawn in
  const SHOWN = 560; // pixels of the canvas on the page, for sharp strokes on fine screens
  const LARGE = 128; // of that square; what is drawn larger is sent at half the size, which shows it as well
  const LARGEST = 900; // an uploaded picture is reduced to this before it is sent

  siamese.canvas = function (element, props, trigger, watch) {
    const stage = element.querySelector(".pad-stage");
    const canvas = stage.querySelector("canvas");
    const context = canvas.getContext("2d");
    const message = element.querySelector(".pad-message");
    const brush = props.brush || 18;
    let strokes = [];
    let picture = null;
    let current = null;
    let finger = null;
    let closeCamera = null;
    let sent = props.value || null;
    canvas.width = canvas.height = SHOWN;

    function trace(target, stroke, scale) {
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

    function paint(target, side) {
      target.fillStyle = "#fff";
      target.fillRect(0, 0, side, side);
      if (picture) {
        const zoom = Math.min(side / picture.width, side / picture.height);
        const [w, h] = [picture.width * zoom, picture.height * zoom];
        target.drawImage(picture, (side - w) / 2, (side - h) / 2, w, h);
      }
      for (const stroke of strokes) trace(target, stroke, side / SIDE);
    }

    function show() {
      paint(context, SHOWN);
      stage.classList.toggle("is-blank", !strokes.length && !picture);
      element.querySelector("[data-do=undo]").disabled = !strokes.length && !picture;
      element.querySelector("[data-do=clear]").disabled = !strokes.length && !picture;
    }

    // How far the strokes reach, across or down. Of any number of points: a call takes only so many arguments.
    function span() {
      const reach = [0, 1].map((axis) => {
        let [low, high] = [SIDE, 0];
        for (const point of strokes.flat()) [low, high] = [Math.min(low, point[axis]), Math.max(high, point[axis])];
        return high - low;
      });
      return Math.max(...reach);
    }

    function exported() {
      if (!strokes.length && !picture) return null;
      const off = document.createElement("canvas");
      if (picture && !strokes.length) {
        // An upload goes as it is, not through the square.
        const zoom = Math.min(1, LARGEST / Math.max(picture.width, picture.height));
        off.width = Math.max(1, Math.round(picture.width * zoom));
        off.height = Math.max(1, Math.round(picture.height * zoom));
        off.getContext("2d").drawImage(picture, 0, 0, off.width, off.height);
        const png = off.toDataURL("image/png");
        return png.length < 1_000_000 ? png : off.toDataURL("image/jpeg", 0.9);
      }
      const side = !picture && span() >= LARGE ? SIDE / 2 : SIDE;
      off.width = off.height = side;
      const target = off.getContext("2d");
      target.imageSmoothingQuality = "high";
      target.drawImage(canvas, 0, 0, side, side);
      return off.toDataURL("image/png");
    }

    function send() {
      show();
      sent = exported();
      canvas.setAttribute("aria-label", props.name + (sent ? ", with a drawing" : ", blank"));
      props.value = sent;
      trigger("change");
    }

    function say(text) {
      message.textContent = text;
      message.hidden = !text;
    }

    // --- drawing ---
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button || current) return;
      finger = event.pointerId; // of several fingers, the first one draws
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      say("");
      current = [place(event)];
      strokes.push(current);
      show();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!current || event.pointerId !== finger) return;
      const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const one of events.length ? events : [event]) current.push(place(one));
      show();
    });
    const lift = (event) => {
      if (!current || event.pointerId !== finger) return;
      current = null;
      send();
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);

    // --- pictures ---
    async function load(file) {
      if (!file) return;
      if (!file.type.startsWith("image/")) return say("That is no picture. Use a PNG, JPEG or WebP file.");
      try {
        picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      } catch {
        return say("This picture cannot be read. Use a PNG, JPEG or WebP file.");
      }
      strokes = [];
      closeCamera?.();
      say("");
      send();
    }
    const pasted = (items) => [...(items || [])].find((item) => item.type.startsWith("image/"));
    canvas.addEventListener("paste", (event) => {
      const item = pasted(event.clipboardData?.items);
      if (item) load(item.getAsFile());
      else say("The clipboard holds no picture.");
    });
    stage.addEventListener("dragover", (event) => event.preventDefault());
    stage.addEventListener("drop", (event) => {
      event.preventDefault();
      load(event.dataTransfer.files[0]);
    });

    const does = {
      undo() {
        if (strokes.length) strokes.pop();
        else picture = null;
        send();
      },
      clear() {
        closeCamera?.();
        strokes = [];
        picture = null;
        say("");
        send();
      },
      async paste() {
        try {
          for (const item of await navigator.clipboard.read()) {
            const type = item.types.find((name) => name.startsWith("image/"));
            if (type) return load(await item.getType(type));
          }
          say("The clipboard holds no picture.");
        } catch {
          say("Click the canvas and press Ctrl+V or ⌘V to paste.");
        }
      },
      camera: () => (closeCamera ? closeCamera() : snap()),
    };
    for (const button of element.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => does[button.dataset.do]());
    }
    const input = element.querySelector("input[type=file]");
    input.addEventListener("change", () => {
      load(input.files[0]);
      input.value = "";
    });
    canvas.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z") does.undo();
      else if (event.key === "Delete" || event.key === "Backspace") does.clear();
      else return;
      event.preventDefault();
    });

    // --- camera: a live picture over the canvas, taken by a click on it ---
    const camera = element.querySelector("[data-do=camera]");
    navigator.mediaDevices?.enumerateDevices?.().then((devices) => {
      camera.hidden = !devices.some((device) => device.kind === "videoinput");
    }, () => {});
    async function snap() {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        return say("The camera was not allowed or is in use.");
      }
      const video = siamese.el("video", { autoplay: true, playsinline: true, muted: true, tabindex: 0, class: "pad-video" });
      video.srcObject = stream;
      const close = (closeCamera = () => {
        stream.getTracks().forEach((track) => track.stop());
        video.remove();
        closeCamera = null;
        say("");
      });
      const take = async () => {
        const [w, h] = [video.videoWidth, video.videoHeight];
        const side = Math.min(w, h);
        if (!side) return; // not yet running
        const off = siamese.el("canvas", { width: side, height: side });
        off.getContext("2d").drawImage(video, (w - side) / 2, (h - side) / 2, side, side, 0, 0, side, side);
        close();
        picture = await createImageBitmap(off);
        strokes = [];
        send();
      };
      video.addEventListener("click", take);
      video.addEventListener("keydown", (event) => {
        if (event.key === "Enter") take();
        if (event.key === "Escape") close();
      });
      stage.append(video);
      video.focus();
      say("Fill the square with the symbol, then click it.");
    }

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
    canvas.setAttribute("aria-label", props.name + ", blank");
    show();
    if (sent) {
      sent = null;
      receive();
    }
  };
})(window.siamese);
