// The settings of a run: as the form has them, as they are sent, as they are told, and as they stand in the address.
((siamese) => {
  // How each loss, with its mining, is called, and what says how strongly it acts, with its usual value.
  const LOSSES = {
    contrastive: ["contrastive", "Margin", 1],
    "batch-hard": ["triplet, batch-hard", "Margin", 0.3],
    "semi-hard": ["triplet, semi-hard", "Margin", 0.3],
    supcon: ["supervised contrastive", "Temperature", 0.1],
  };
  const DIMS = [2, 3, 4, 8, 16, 32, 64];
  const RATES = [0.0001, 0.001, 0.005, 0.02, 0.1, 1, 10, 30];
  const USUAL = { dim: 16, learning_rate: 0.02, excluded: [], seed: 0 };
  const [LEAST, MOST] = [0.01, 2]; // margin or temperature
  const MOST_EXCLUDED = 8;
  const LONGEST = 80; // characters of the address that are read

  const slug = (name) =>
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");

  // What stands in the address behind the letter of a setting -> its value, or null. Each is plain digits, of which nothing
  // unexpected can be made; `labels` is how many can be left out.
  const number = (text, whole) => ((whole ? /^\d{1,6}$/ : /^\d{1,2}(\.\d{1,4})?$/).test(text) ? Number(text) : null);
  const among = (values, value) => (values.includes(value) ? value : null);
  const READ = {
    m: ["strength", (text) => (number(text) >= LEAST && number(text) <= MOST ? number(text) : null)],
    d: ["dim", (text) => among(DIMS, number(text))],
    r: ["learning_rate", (text) => among(RATES, number(text))],
    s: ["seed", (text) => number(text, true)],
    x: [
      "excluded",
      (text, labels) => {
        const found = [...new Set(text)].map(Number).sort();
        return /^\d+$/.test(text) && found.length <= MOST_EXCLUDED && found.every((label) => label < labels)
          ? found
          : null;
      },
    ],
  };

  siamese.learnSettings = {
    DIMS,
    RATES,
    MOST_EXCLUDED,
    losses: Object.entries(LOSSES).map(([value, [name]]) => [value, name]),

    /** [name, usual value] of a loss's margin or temperature. */
    strength: (loss) => LOSSES[loss].slice(1),

    /** The form's values {loss, strength, dim, learning_rate, excluded, seed} as a run is asked for. */
    sent({ loss, strength, ...others }) {
      return {
        ...(loss.endsWith("hard") ? { loss: "triplet", mining: loss } : { loss }),
        ...(loss === "supcon" ? { temperature: strength } : { margin: strength }),
        ...others,
      };
    },

    /** The reverse of `sent`. */
    chosen({ loss, mining, margin, temperature, ...others }) {
      return { loss: mining ?? loss, strength: margin ?? temperature, ...others };
    },

    /** The settings of a run in words. `names` are those of the labels. */
    told(sent, names) {
      const told = [
        LOSSES[sent.mining ?? sent.loss][0],
        sent.margin == null ? `temperature ${sent.temperature}` : `margin ${sent.margin}`,
        `${sent.dim} dimensions`,
        `learning rate ${sent.learning_rate}`,
      ];
      if (sent.excluded.length) told.push(`without ${sent.excluded.map((label) => names[label]).join(", ")}`);
      return told.join(" · ");
    },

    /** The form's values for the address: the loss, and what is not as usual, such as `semi-hard_m0.5_d3_x89_s7`. */
    written({ loss, strength, dim, learning_rate, excluded, seed }) {
      const parts = [loss];
      if (strength !== LOSSES[loss][2]) parts.push(`m${strength}`);
      if (dim !== USUAL.dim) parts.push(`d${dim}`);
      if (learning_rate !== USUAL.learning_rate) parts.push(`r${learning_rate}`);
      if (excluded.length) parts.push(`x${excluded.join("")}`);
      if (seed !== USUAL.seed) parts.push(`s${seed}`);
      return parts.join("_");
    },

    /** The reverse of `written`, or null if there is no such loss. What cannot be is as usual. */
    read(text, labels) {
      const [loss, ...parts] = String(text ?? "")
        .slice(0, LONGEST)
        .split("_");
      if (!Object.hasOwn(LOSSES, loss)) return null;
      const found = { loss, strength: LOSSES[loss][2], ...USUAL };
      for (const part of parts) {
        const [name, value] = Object.hasOwn(READ, part[0] ?? "") ? READ[part[0]] : [];
        const read = name ? value(part.slice(1), labels) : null;
        if (read !== null) found[name] = read;
      }
      return found;
    },

    slug,

    /** The ready setting of that name, as `slug` makes it, or of that number, from 1; or undefined. */
    ready: (text, settings) => settings.find((one, i) => slug(one.name) === text || String(i + 1) === text),
  };
})(window.siamese);
