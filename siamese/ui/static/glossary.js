// Words that explain themselves on hover, focus or tap: links to #term-…, and what `siamese.term` makes. `siamese.terms` is
// the glossary, {key: {term, text}}, which the page's head brings.
((siamese) => {
  const WORD = 'a[href^="#term-"], [data-term]';
  const GAP = 8; // pixels from a word to its note, and from the note to the window's edge

  siamese.term = (key, text) =>
    siamese.el("button", { type: "button", class: "term", "data-term": key, text: text ?? siamese.terms[key].term });

  siamese.termOf = (word) => word.dataset.term ?? word.getAttribute("href").slice("#term-".length);

  let note = null;
  let shown = null; // the word that is explained

  function show(word) {
    const entry = siamese.terms[siamese.termOf(word)];
    if (!entry || shown === word) return;
    hide();
    note ||= document.body.appendChild(siamese.el("p", { id: "term-note", class: "term-note", role: "tooltip" }));
    note.replaceChildren(siamese.el("b", { text: entry.term }), ` ${entry.text}`);
    note.hidden = false;
    shown = word;
    word.setAttribute("aria-describedby", note.id);
    const [at, own] = [word.getBoundingClientRect(), note.getBoundingClientRect()];
    const left = Math.max(GAP, Math.min(at.left, document.documentElement.clientWidth - own.width - GAP));
    const above = at.top - own.height - GAP;
    note.style.left = `${left}px`;
    note.style.top = `${above < GAP ? at.bottom + GAP : above}px`;
  }

  function hide() {
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    note.hidden = true;
    shown = null;
  }

  const wordAt = (event) => event.target.closest?.(WORD);
  document.addEventListener("mouseover", (event) => {
    const word = wordAt(event);
    if (word) show(word);
    else if (shown !== document.activeElement && event.target !== note) hide();
  });
  document.addEventListener("focusin", (event) => (wordAt(event) ? show(wordAt(event)) : hide()));
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("click", (event) => {
    const word = wordAt(event);
    if (!word) return hide();
    event.preventDefault(); // the address stays as it is
    show(word);
  });
})(window.siamese);
