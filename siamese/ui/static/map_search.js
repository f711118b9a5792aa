// Finding on the map by label name or index. Pure.
((siamese) => {
  const MOST = 12; // answers that are offered

  const plain = (text) => text.trim().toLocaleLowerCase();

  /**
   * What a visitor may mean: {label} or {index}, the likeliest first, at most 12, and how many `more` there are.
   * A number is an index first, then names with it; "#" before it leaves no doubt.
   */
  siamese.mapSearch = (text, names, count) => {
    const wanted = plain(text);
    const number = wanted.match(/^(#?)\s*(\d+)$/);
    const found = [];
    if (number && Number(number[2]) < count) found.push({ index: Number(number[2]) });
    if (number?.[1]) return { found, more: 0 };
    const ranked = [];
    names.forEach((name, label) => {
      const at = plain(name).indexOf(wanted);
      // A name itself, then names that begin with it, then words in a name, then parts of words.
      if (wanted === "" || at >= 0)
        ranked.push([plain(name) === wanted ? 0 : at === 0 ? 1 : /[\s_-]/.test(name[at - 1] ?? " ") ? 2 : 3, label]);
    });
    ranked.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    found.push(...ranked.map(([, label]) => ({ label })));
    return { found: found.slice(0, MOST), more: Math.max(0, found.length - MOST) };
  };
})(window.siamese);
