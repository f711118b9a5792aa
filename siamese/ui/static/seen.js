// What the network sees of one picture, and what its neighbours take it for.
((siamese) => {
  siamese.seen = (element, props, watch) => {
    const canvas = element.querySelector("canvas");
    const words = element.querySelector(".seen-words");
    function show() {
      const seen = siamese.parse(props.value);
      element.querySelector(".seen").hidden = !seen;
      if (!seen) return;
      siamese.paint(canvas, seen, seen.heat);
      canvas.setAttribute("aria-label", `${seen.width} by ${seen.height} pixels that the network sees. ${seen.words}`);
      words.textContent = seen.words;
    }
    watch("value", show);
    show();
  };
})(window.siamese);
