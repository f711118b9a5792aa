// The ways to bring a picture to a canvas: upload, paste, drop, camera.
(function (siamese) {
  // `say` shows a message (none if it is empty); `accept` takes each picture as an ImageBitmap.
  siamese.canvasInput = function (element, stage, say, accept) {
    const canvas = stage.querySelector("canvas");
    const camera = siamese.camera(element, stage, say, accept);

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
    canvas.addEventListener("paste", (event) => {
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
  siamese.camera = function (element, stage, say, accept) {
    const button = element.querySelector("[data-do=camera]");
    let closeOpen = null;
    const close = () => closeOpen?.();
    navigator.mediaDevices?.enumerateDevices?.().then((devices) => {
      button.hidden = !devices.some((device) => device.kind === "videoinput");
    }, () => {});

    async function open() {
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch {
        return say("The camera was not allowed or is in use.");
      }
      const video = siamese.el("video", { autoplay: true, playsinline: true, muted: true, tabindex: 0, class: "pad-video" });
      video.srcObject = stream;
      closeOpen = () => {
        stream.getTracks().forEach((track) => track.stop());
        video.remove();
        closeOpen = null;
        say("");
      };
      const take = async () => {
        const [w, h] = [video.videoWidth, video.videoHeight];
        const side = Math.min(w, h);
        if (!side) return; // not yet running
        const off = siamese.el("canvas", { width: side, height: side });
        off.getContext("2d").drawImage(video, (w - side) / 2, (h - side) / 2, side, side, 0, 0, side, side);
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
      say("Fill the square with the symbol, then click it.");
    }
    button.addEventListener("click", () => (closeOpen ? close() : open()));
    return { close };
  };
})(window.siamese);
