// The ways to bring a picture to a canvas: upload, paste, drop, camera.
((siamese) => {
  const LARGEST = 900; // a picture is reduced to this before it is sent

  // A picture, or a part of it ({x, y, w, h} in its pixels), as the data URL that is sent.
  siamese.pictureUrl = (picture, part) => {
    const { x, y, w, h } = part || { x: 0, y: 0, w: picture.width, h: picture.height };
    const off = document.createElement("canvas");
    const zoom = Math.min(1, LARGEST / Math.max(w, h));
    off.width = Math.max(1, Math.round(w * zoom));
    off.height = Math.max(1, Math.round(h * zoom));
    off.getContext("2d").drawImage(picture, x, y, w, h, 0, 0, off.width, off.height);
    const png = off.toDataURL("image/png");
    return png.length < 1_000_000 ? png : off.toDataURL("image/jpeg", 0.9);
  };

  // `say` shows a message (none if it is empty); `accept` takes each picture as an ImageBitmap. `shot` is how the camera
  // takes one: all of it or the middle square, and what to tell the visitor.
  siamese.canvasInput = (
    element,
    stage,
    say,
    accept,
    shot = { whole: false, hint: "Fill the square with the symbol, then click it." },
  ) => {
    const _canvas = stage.querySelector("canvas");
    const camera = siamese.camera(element, stage, say, accept, shot);

    async function load(file) {
      if (!file) return;
      if (!file.type.startsWith("image/")) return say("That is no picture. Use a PNG, JPEG or WebP file.");
      let bitmap;
      try {
        bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
      } catch {
        return say("This picture cannot be read. Use a PNG, JPEG or WebP file.");
      }
      camera.close();
      say("");
      accept(bitmap);
    }

    const upload = element.querySelector("input[type=file]");
    upload.addEventListener("change", () => {
      load(upload.files[0]);
      upload.value = "";
    });
    stage.addEventListener("dragover", (event) => event.preventDefault());
    stage.addEventListener("drop", (event) => {
      event.preventDefault();
      load(event.dataTransfer.files[0]);
    });
    stage.addEventListener("paste", (event) => {
      const item = [...(event.clipboardData?.items || [])].find((one) => one.type.startsWith("image/"));
      if (item) load(item.getAsFile());
      else say("The clipboard holds no picture.");
    });
    element.querySelector("[data-do=paste]").addEventListener("click", async () => {
      try {
        for (const item of await navigator.clipboard.read()) {
          const type = item.types.find((name) => name.startsWith("image/"));
          if (type) return load(await item.getType(type));
        }
        say("The clipboard holds no picture.");
      } catch {
        say("Click the canvas and press Ctrl+V or ⌘V to paste.");
      }
    });
    return { closeCamera: camera.close };
  };

  // A live picture over the canvas, taken by a click on it. The button is shown where there is a camera.
  siamese.camera = (element, stage, say, accept, shot) => {
    const button = element.querySelector("[data-do=camera]");
    let closeOpen = null;
    const close = () => closeOpen?.();
    navigator.mediaDevices?.enumerateDevices?.().then(
      (devices) => {
        button.hidden = !devices.some((device) => device.kind === "videoinput");
      },
      () => {},
    );

    async function open() {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        return say("The camera was not allowed or is in use.");
      }
      const video = siamese.el("video", {
        autoplay: true,
        playsinline: true,
        muted: true,
        tabindex: 0,
        class: "pad-video",
      });
      video.srcObject = stream;
      closeOpen = () => {
        for (const track of stream.getTracks()) track.stop();
        video.remove();
        closeOpen = null;
        say("");
      };
      const take = async () => {
        const [w, h] = [video.videoWidth, video.videoHeight];
        const side = Math.min(w, h);
        if (!side) return; // not yet running
        const [width, height] = shot.whole ? [w, h] : [side, side];
        const off = siamese.el("canvas", { width, height });
        off.getContext("2d").drawImage(video, (w - width) / 2, (h - height) / 2, width, height, 0, 0, width, height);
        close();
        accept(await createImageBitmap(off));
      };
      video.addEventListener("click", take);
      video.addEventListener("keydown", (event) => {
        if (event.key === "Enter") take();
        if (event.key === "Escape") close();
      });
      stage.append(video);
      video.focus();
      say(shot.hint);
    }
    button.addEventListener("click", () => (closeOpen ? close() : open()));
    return { close };
  };
})(window.siamese);
