import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

const siamese = load("decision.js");

test("how many in a hundred is never none and never all", () => {
  assert.equal(siamese.inHundred(0), "fewer than 1 in 100 are");
  assert.equal(siamese.inHundred(0.012), "1 in 100 is");
  assert.equal(siamese.inHundred(0.02), "2 in 100 are");
  assert.equal(siamese.inHundred(0.994), "99 in 100 are");
  assert.equal(siamese.inHundred(0.9999), "more than 99 in 100 are");
});

test("an embedding is unpacked from bytes of both signs", () => {
  const bytes = Buffer.from(Int8Array.from([127, -127, 0, 64]).buffer).toString("base64");
  const numbers = siamese.unpackEmbedding(bytes, 0.5);
  assert.deepEqual(plain(numbers.slice(0, 3)), [0.5, -0.5, 0]);
  assert.ok(Math.abs(numbers[3] - 0.252) < 0.001);
});

test("strokes are drawn one after the other, by their length", () => {
  const part = load("first_visit.js").partOfStrokes;
  const strokes = [
    [
      [0, 0],
      [10, 0],
      [10, 0],
      [10, 10],
    ],
    [
      [50, 50],
      [50, 70],
    ],
  ];
  assert.deepEqual(plain(part(strokes, -1)), []);
  assert.deepEqual(plain(part(strokes, 0)), []);
  assert.deepEqual(plain(part(strokes, 0.125)), [
    [
      [0, 0],
      [5, 0],
    ],
  ]);
  assert.deepEqual(plain(part(strokes, 0.75)), [
    strokes[0],
    [
      [50, 50],
      [50, 60],
    ],
  ]);
  assert.deepEqual(plain(part(strokes, 1)), strokes);
  assert.deepEqual(plain(part(strokes, 7)), strokes);
});
