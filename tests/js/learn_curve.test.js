import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

const siamese = load("learn_curve.js");

test("ticks are round, few, and go from 0 to above the largest value", () => {
  assert.deepEqual(plain(siamese.ticks(1)), [0, 0.5, 1]);
  assert.deepEqual(plain(siamese.ticks(0.283)), [0, 0.2, 0.4]);
  assert.deepEqual(plain(siamese.ticks(0.0007)), [0, 0.0005, 0.001]);
  assert.deepEqual(plain(siamese.ticks(4.2)), [0, 2.5, 5]);
  for (let most = 0.0001; most < 1e4; most *= 1.37) {
    const ticks = siamese.ticks(most);
    assert.ok(ticks[0] === 0 && ticks.at(-1) >= most * (1 - 1e-9) && ticks.length <= 3, `${most}: ${ticks}`);
    assert.ok(ticks.every((tick) => String(tick).length < 9));
  }
  assert.equal(siamese.ticks(0)[0], 0, "a loss of nothing has scales, too");
});

test("the last step has a tick of its own, and none that it would hide", () => {
  assert.deepEqual(plain(siamese.stepTicks(225)), [0, 50, 100, 150, 225]);
  assert.deepEqual(plain(siamese.stepTicks(12)), [0, 5, 10, 12]);
});

const run = [null, 0.5, 0.2, 0.3].map((loss, i) => ({ step: i * 4, loss, accuracy: [0.1, 0.8, 0.8, 0.7][i] }));
const [loss, accuracy] = [(snapshot) => snapshot.loss, (snapshot) => snapshot.accuracy];

test("the last and the best are found, where something was measured", () => {
  assert.deepEqual(plain(siamese.lastAndBest(run, loss)), { last: run[3], best: run[2] });
  assert.equal(siamese.lastAndBest(run, accuracy, true).best, run[1], "of equal ones the first");
  assert.equal(siamese.lastAndBest(run.slice(0, 1), loss), null);
});

test("they are told in words", () => {
  const told = (snapshots, value, highest) =>
    plain(siamese.lastAndBestWords(siamese.lastAndBest(snapshots, value, highest), value, String, highest));
  assert.deepEqual(told(run, loss), ["last 0.3 at step 12", "lowest 0.2 at step 8"]);
  assert.deepEqual(told(run.slice(0, 3), loss), ["last 0.2 at step 8, the lowest"]);
  assert.deepEqual(told(run, accuracy, true), ["last 0.7 at step 12", "highest 0.8 at step 4"]);
});
