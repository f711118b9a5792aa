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

test("questions of one moment are asked a task apart, in order", async () => {
  const moments = [];
  let task = 0;
  siamese.ask(() => moments.push(["first", task]));
  siamese.ask(() => moments.push(["second", task]));
  await Promise.resolve().then(() => task++);
  while (moments.length < 2) await new Promise((done) => setTimeout(done)).then(() => task++);
  assert.deepEqual(
    moments.map(([name]) => name),
    ["first", "second"],
  );
  assert.ok(moments[1][1] > moments[0][1]);
});
