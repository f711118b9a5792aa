import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page.js";

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
