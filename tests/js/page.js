// Loads the page's own scripts, as the browser does, into a window that has nothing but what they need at their start.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const STATIC = new URL("../../siamese/ui/static/", import.meta.url);

/** `siamese`, as the named files of `static/` make it; `base.js` comes first. */
export function load(...names) {
  const siamese = {};
  load.into(siamese, {}, "base.js", ...names);
  return siamese;
}

/** Load more of the files, where `browser` holds what they find in a window beside `siamese`. */
load.into = (siamese, browser, ...names) => {
  const window = { siamese, atob, performance };
  const document = { addEventListener() {} };
  for (const name of names) {
    const context = {
      window,
      document,
      atob,
      performance,
      setTimeout,
      URLSearchParams,
      CSS: { escape: (text) => text },
      ...browser,
    };
    runInNewContext(readFileSync(new URL(name, STATIC), "utf8"), context);
  }
};

/** A plain copy: an object of another context is never deeply equal to one of this. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
