import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

// What link.js and grid.js need of a browser: an address, its history, and a page without tabs.
function at(address) {
  const url = new URL(address);
  const siamese = load();
  siamese.whenThere = () => {};
  const browser = {
    location: url,
    history: { state: null, replaceState: (_, __, to) => (url.href = new URL(to, url).href) },
  };
  load.into(siamese, browser, "link.js", "grid.js");
  return { siamese, url };
}

test("values go into the address, and defaults out of it", () => {
  const { siamese, url } = at("http://127.0.0.1/groceries?__theme=dark&tab=map#x");
  siamese.link.set({ tab: null, query: 12, mode: "" });
  assert.equal(url.href, "http://127.0.0.1/groceries?__theme=dark&query=12#x");
  const told = [
    { name: "show", value: 20, least: 1, most: 50 },
    { name: "only", value: -1, choices: [-1, 0, 1] },
  ];
  siamese.link.keep(told, [12, -1]);
  assert.equal(url.search, "?__theme=dark&query=12&show=12");
  assert.deepEqual(plain(siamese.link.restored(told)), [12, -1]);
});

test("what no component has is passed over", () => {
  for (const text of ["51", "0", "-3", "1.5", "NaN", "", "1e1000", "<b>", "twelve"]) {
    const { siamese } = at(`http://127.0.0.1/?show=${encodeURIComponent(text)}&only=${encodeURIComponent(text)}`);
    const told = [
      { name: "show", value: 20, least: 1, most: 50 },
      { name: "only", value: 7, choices: [7, 8] },
      { name: "missing", value: false, choices: [false, true] },
    ];
    assert.deepEqual(plain(siamese.link.restored(told)), [20, 7, false], text);
    assert.equal(siamese.link.number("show", 1, 50), null);
  }
});

test("a key leads to the next or the previous picture, and nowhere beyond", () => {
  const { siamese } = at("http://127.0.0.1/");
  assert.equal(siamese.stepTo("ArrowRight", 0, 3), 1);
  assert.equal(siamese.stepTo("ArrowRight", 2, 3), null);
  assert.equal(siamese.stepTo("ArrowLeft", 0, 3), null);
  assert.equal(siamese.stepTo("End", 0, 3), 2);
  assert.equal(siamese.stepTo("Home", 2, 3), 0);
  assert.equal(siamese.stepTo("a", 1, 3), null);
});
