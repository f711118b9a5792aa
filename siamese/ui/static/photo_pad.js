// A square that takes a picture, of which a part can be chosen by mouse, touch or keyboard. Its value is a data URL of
// that part, or null while it is blank. `canvas_input.js` has the ways to bring a picture.
((siamese) => {
  const SHOWN = 560; // pixels of the square on the page, for sharp pictures on fine screens
  const LEAST = 0.05; // of the picture's width or height: the smallest part
  const STEP = 0.02; // of it, that an arrow key moves
  const WHOLE = { x: 0, y: 0, w: 1, h: 1 };
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  siamese.photoPad = (element, props, trigger, watch) => {
    const stage = element.querySelector(".pad-stage");
    const canvas = stage.querySelector("canvas");
    const box = stage.querySelector(".crop");
    const message = element.querySelector(".pad-message");
    const wholeButton = element.querySelector("[data-do=whole]");
    const clearButton = element.querySelector("[data-do=clear]");
    let picture = null;
    let crop = WHOLE; // shares of the picture's width and height
    let drag = null; // {pointer, corner, at, from} while a pointer moves or sizes the box
    let sent = props.value || null;
    canvas.width = canvas.height = SHOWN;

    // Where the picture stands in the square, as shares of the square's side.
    function frame() {
      const longest = Math.max(picture.width, picture.height);
      const [w, h] = [picture.width / longest, picture.height / longest];
      return { x: (1 - w) / 2, y: (1 - h) / 2, w, h };
    }
    const isWhole = () => crop.w > 0.995 && crop.h > 0.995;

    function placeBox() {
      box.hidden = !picture;
      stage.classList.toggle("is-blank", !picture);
      stage.classList.toggle("is-cropped", Boolean(picture) && !isWhole());
      clearButton.disabled = !picture;
      wholeButton.disabled = !picture || isWhole();
      if (!picture) return;
      const at = frame();
      box.style.left = `${(at.x + crop.x * at.w) * 100}%`;
      box.style.top = `${(at.y + crop.y * at.h) * 100}%`;
      box.style.width = `${crop.w * at.w * 100}%`;
      box.style.height = `${crop.h * at.h * 100}%`;
    }
    function show() {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, SHOWN, SHOWN);
      if (picture) {
        const at = frame();
        context.imageSmoothingQuality = "high";
        context.drawImage(picture, at.x * SHOWN, at.y * SHOWN, at.w * SHOWN, at.h * SHOWN);
      }
      canvas.setAttribute("aria-label", props.name + (picture ? ", with a picture" : ", blank"));
      placeBox();
    }
    function send() {
      show();
      sent =
        picture &&
        siamese.pictureUrl(picture, {
          x: crop.x * picture.width,
          y: crop.y * picture.height,
          w: crop.w * picture.width,
          h: crop.h * picture.height,
        });
      props.value = sent;
      siamese.ask(trigger);
      element.dispatchEvent(new Event("sent", { bubbles: true }));
    }
    function say(text) {
      message.textContent = text;
      message.hidden = !text;
    }

    // --- the box, by pointer ---
    function place(event) {
      const square = canvas.getBoundingClientRect();
      const at = frame();
      return {
        x: clamp(((event.clientX - square.left) / square.width - at.x) / at.w, 0, 1),
        y: clamp(((event.clientY - square.top) / square.height - at.y) / at.h, 0, 1),
      };
    }
    function span(a, b) {
      const [w, h] = [Math.max(Math.abs(a.x - b.x), LEAST), Math.max(Math.abs(a.y - b.y), LEAST)];
      return { x: clamp(Math.min(a.x, b.x), 0, 1 - w), y: clamp(Math.min(a.y, b.y), 0, 1 - h), w, h };
    }
    stage.addEventListener("pointerdown", (event) => {
      if (!picture || event.button || drag || event.target.closest("video")) return;
      event.preventDefault();
      const at = place(event);
      const corner = event.target.dataset.corner;
      drag = { pointer: event.pointerId, at, before: crop, moved: false };
      if (corner) {
        // The opposite corner stays.
        drag.from = {
          x: corner[1] === "w" ? crop.x + crop.w : crop.x,
          y: corner[0] === "n" ? crop.y + crop.h : crop.y,
        };
      } else if (event.target !== box || isWhole()) {
        drag.from = at; // a new box
      }
      box.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      if (!drag || event.pointerId !== drag.pointer) return;
      const to = place(event);
      drag.moved ||= Math.hypot(to.x - drag.at.x, to.y - drag.at.y) > 0.02;
      if (!drag.moved) return;
      const { before, at } = drag;
      crop = drag.from
        ? span(drag.from, to)
        : {
            ...before,
            x: clamp(before.x + to.x - at.x, 0, 1 - before.w),
            y: clamp(before.y + to.y - at.y, 0, 1 - before.h),
          };
      placeBox();
    });
    function lift(event) {
      if (!drag || event.pointerId !== drag.pointer) return;
      const { moved } = drag;
      drag = null;
      if (moved) send();
    }
    stage.addEventListener("pointerup", lift);
    stage.addEventListener("pointercancel", lift);
    canvas.addEventListener("click", () => !picture && element.querySelector("input[type=file]").click());

    // --- by keyboard ---
    stage.addEventListener("keydown", (event) => {
      if (event.target.closest("video")) return;
      const step = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[
        event.key
      ];
      if (event.key === "Delete" || event.key === "Backspace") clear();
      else if (event.key === "Enter" && !picture) element.querySelector("input[type=file]").click();
      else if (step && picture) {
        const [dx, dy] = step;
        crop = event.shiftKey
          ? { ...crop, w: clamp(crop.w + dx, LEAST, 1 - crop.x), h: clamp(crop.h + dy, LEAST, 1 - crop.y) }
          : { ...crop, x: clamp(crop.x + dx, 0, 1 - crop.w), y: clamp(crop.y + dy, 0, 1 - crop.h) };
        send();
      } else return;
      event.preventDefault();
    });

    // --- pictures ---
    function accept(bitmap) {
      picture = bitmap;
      crop = WHOLE;
      send();
    }
    const input = siamese.canvasInput(element, stage, say, accept, {
      whole: true,
      hint: "Click the picture to take it.",
    });
    function clear() {
      input.closeCamera();
      say("");
      accept(null);
    }
    clearButton.addEventListener("click", clear);
    wholeButton.addEventListener("click", () => accept(picture));

    // --- values that Python sets ---
    async function receive() {
      const value = props.value || null;
      if (value === sent) return;
      sent = value;
      crop = WHOLE;
      picture = value ? await createImageBitmap(await (await fetch(value)).blob()) : null;
      show();
    }
    watch("value", receive);
    show();
    if (sent) {
      sent = null;
      receive();
    }
  };
})(window.siamese);
