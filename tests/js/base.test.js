import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

const siamese = load();

test("a probability is never rounded to certainty", () => {
  const told = { 0: "< 0.1 %", 0.004: "0.4 %", 0.02: "2 %", 0.5: "50 %", 0.9951: "99.5 %", 0.9996: "> 99.9 %" };
  for (const [p, text] of Object.entries(told)) assert.equal(siamese.percent(Number(p)), text);
});

test("a histogram's outline has two corners a bin, and stands on the floor", () => {
  const path = siamese.area([0.25, 0, 1], 1, 30, 100, 80);
  assert.equal(path, "M0 100L0.0 60.0L10.0 60.0L10.0 100.0L20.0 100.0L20.0 20.0L30.0 20.0L30 100Z");
});

test("a long name keeps its last part", () => {
  assert.equal(siamese.short("Earl-Grey-Tea"), "Earl-Grey-Tea");
  assert.equal(siamese.short("Arla-Standard-Milk"), "…Standard-Milk");
  assert.equal(siamese.short("Arla-Standard-Milk").length, 14);
});

test("a picture lies on the sheet, or in a file of its own", () => {
  const sheet = { url: "sheet.png", single: false };
  assert.deepEqual(plain(siamese.cell(sheet, 1234)), { url: "sheet.png", columns: 100, column: 34, row: 12 });
  const single = { url: "gallery/abc/", single: true };
  assert.deepEqual(plain(siamese.cell(single, 1234)), { url: "gallery/abc/1234", columns: 1, column: 0, row: 0 });
});

test("a picture keeps its proportions within its square", () => {
  const shown = (single) => {
    const node = { style: {} };
    siamese.sprite(node, { url: "u/", single, width: 32, height: 64, kind: "photo" }, 234, 64);
    return node.style;
  };
  assert.equal(shown(false).backgroundPosition, "-1088px -128px");
  assert.equal(shown(false).backgroundSize, "3200px auto");
  assert.equal(shown(true).backgroundSize, "32px auto");
  assert.equal(shown(true).backgroundImage, 'url("u/234")');
  for (const single of [true, false]) {
    const { width, height, margin } = shown(single);
    assert.deepEqual([width, height, margin], ["32px", "64px", "0px 16px"]);
  }
});

test("of two questions in one moment the second is asked when all that the first waits for is there", async () => {
  const events = [];
  siamese.ask((name) => {
    events.push(name, "first");
    Promise.resolve().then(() => events.push("its values"));
  });
  await new Promise((done) => siamese.ask(() => done(events.push("second"))));
  assert.deepEqual(events, ["input", "first", "its values", "second"]);
});
