// What is under the pointer on the map: its picture on hover, and a click that selects it.
((siamese) => {
  const THUMB = 84; // pixels of the picture beside the pointer
  const CLICK = 5; // pixels that a pointer may move in a click

  /** `pictureAt` finds the picture at a pixel of the plot, where there are pictures; `select` is called with an index. */
  siamese.mapPointer = (element, data, sheet, pictureAt, select) => {
    const holder = element.querySelector(".map-plot");
    const card = element.querySelector(".map-card");
    let lastHover = -1;

    function show(index, pointer) {
      const start = performance.now();
      if (index !== lastHover) {
        siamese.sprite(card.querySelector(".sprite"), sheet, index, THUMB);
        card.querySelector(".map-card-text").textContent = `${data.names[data.labels[index]]}  ·  #${index}`;
        lastHover = index;
      }
      const box = holder.getBoundingClientRect();
      const at = pointer || { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
      const x = Math.min(Math.max(at.clientX - box.left + 14, 4), box.width - THUMB - 26);
      const y = Math.min(Math.max(at.clientY - box.top + 14, 4), box.height - THUMB - 44);
      card.style.transform = `translate(${x}px, ${y}px)`;
      card.hidden = false;
      element.dataset.hoverMs = (performance.now() - start).toFixed(2);
    }

    // A picture is larger than the point below it, which is all that plotly knows of.
    function under(event) {
      const box = holder.getBoundingClientRect();
      return event ? pictureAt(event.clientX - box.left, event.clientY - box.top) : null;
    }
    const hide = () => (card.hidden = true);

    holder.on("plotly_hover", ({ points, event }) => {
      const index = under(event) ?? points[0]?.customdata;
      if (index != null) show(index, event);
    });
    holder.on("plotly_unhover", (event) => under(event?.event) === null && hide());
    holder.on("plotly_click", ({ points, event }) => {
      const index = points[0]?.customdata;
      if (index != null && under(event) === null) select(index);
    });
    let over = false;
    holder.addEventListener("pointermove", (event) => {
      const index = event.buttons ? null : under(event);
      if (index !== null) show(index, event);
      else if (over) hide();
      over = index !== null;
    });
    holder.addEventListener("pointerleave", hide);
    let pressed = null;
    holder.addEventListener("pointerdown", (event) => (pressed = event.isPrimary ? event : null), true);
    window.addEventListener("pointerup", (event) => {
      const still = pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) < CLICK;
      pressed = null;
      const index = still ? under(event) : null;
      if (index !== null) select(index);
    });
  };
})(window.siamese);
