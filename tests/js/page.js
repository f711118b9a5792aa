// Loads the page's own scripts, as the browser does, into a window that has nothing but what they need at their start.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";

const STATIC = new URL("../../siamese/ui/static/", import.meta.url);

/** `siamese`, as the named files of `static/` make it; `base.js` comes first. */
export function load(...names) {
  const window = { atob, performance };
  const context = { window, ...window, Math, console };
  for (const name of ["base.js", ...names]) runInNewContext(readFileSync(new URL(name, STATIC), "utf8"), context);
  return window.siamese;
}

/** A plain copy: an object of another context is never deeply equal to one of this. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
