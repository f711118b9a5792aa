// The visitor's symbols: names, examples, and how a drawing scores against each.
((siamese) => {
  siamese.symbols = (element, props, trigger, watch) => {
    const list = element.querySelector(".symbols");
    const empty = element.querySelector(".grid-empty");
    function row(symbol, number, answer) {
      const examples = siamese.el("span", { class: "symbols-examples" });
      symbol.examples.forEach((example) => {
        const canvas = siamese.el("canvas", {
          role: "img",
          "aria-label": `example of ${symbol.name}`,
          class: `symbols-ink${answer && answer.support === example.at ? " is-deciding" : ""}`,
        });
        siamese.paint(canvas, example);
        examples.append(canvas);
      });
      const probability = answer ? answer.probabilities[number] : 0;
      return siamese.el(
        "li",
        { class: `symbol${answer && answer.best === number ? " is-best" : ""}` },
        siamese.el("span", { class: "symbol-name", dir: "auto", text: symbol.name }),
        examples,
        siamese.el("span", { class: "symbol-bar", style: `--share: ${probability}` }),
        siamese.el("span", { class: "symbol-share", text: answer ? siamese.percent(probability) : "" }),
        siamese.el("button", {
          type: "button",
          class: "chip",
          text: "×",
          title: `Forget ${symbol.name}`,
          "aria-label": `Forget ${symbol.name}`,
          onclick: () => trigger("select", { index: number, value: symbol.name }),
        }),
      );
    }
    function show() {
      const value = siamese.parse(props.value) || { symbols: [] };
      siamese.refill(
        list,
        value.symbols.map((symbol, number) => row(symbol, number, value.answer)),
      );
      if (value.answer) {
        list.append(
          siamese.el(
            "li",
            { class: `symbol symbol-none${value.answer.best === -1 ? " is-best" : ""}` },
            siamese.el("span", { class: "symbol-name", text: "none of these" }),
            siamese.el("span", { class: "symbols-examples" }),
            siamese.el("span", { class: "symbol-bar", style: `--share: ${value.answer.none}` }),
            siamese.el("span", { class: "symbol-share", text: siamese.percent(value.answer.none) }),
          ),
        );
      }
      empty.textContent = props.hint;
      empty.hidden = value.symbols.length > 0;
      element.querySelector(".symbols-words").textContent = value.words || "";
    }
    watch("value", show);
    show();
  };
})(window.siamese);
