import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

const { learnSettings } = load("learn_settings.js");
const usual = { loss: "contrastive", strength: 1, dim: 16, learning_rate: 0.02, excluded: [], seed: 0 };
const read = (text, labels = 10) => plain(learnSettings.read(text, labels));

test("settings come back from the address as they went there", () => {
  for (const changed of [
    {},
    { loss: "semi-hard", strength: 0.3 },
    { loss: "batch-hard", strength: 0.5, dim: 3, learning_rate: 0.0001, excluded: [0, 8, 9], seed: 999999 },
    { loss: "supcon", strength: 0.07, dim: 2, learning_rate: 30 },
    { strength: 1.25, seed: 7 },
  ]) {
    const settings = { ...usual, ...changed };
    assert.deepEqual(read(learnSettings.written(settings)), settings);
  }
});

test("the address is short, and plain", () => {
  assert.equal(learnSettings.written(usual), "contrastive");
  const text = learnSettings.written({ ...usual, loss: "semi-hard", strength: 0.5, dim: 3, excluded: [8, 9], seed: 7 });
  assert.equal(text, "semi-hard_m0.5_d3_x89_s7");
  assert.equal(new URLSearchParams({ learn: text }).toString(), `learn=${text}`);
});

test("what cannot be is as usual", () => {
  for (const text of [
    "contrastive_m3",
    "contrastive_m0",
    "contrastive_m-1",
    "contrastive_m1e9",
    "contrastive_mNaN",
    "contrastive_d5_r7",
    "contrastive_d",
    "contrastive_s1234567_s-1_s1.5",
    "contrastive_x0123456789",
    "contrastive_xab",
    "contrastive_x",
    "contrastive____",
    "contrastive_constructor_toString___proto__",
    "contrastive_<img src=x onerror=alert(1)>",
    `contrastive_${"d3".repeat(1000)}`,
  ])
    assert.deepEqual(read(text), usual, text);
  assert.deepEqual(read("contrastive_x9", 4), usual, "there are labels 0 to 3 alone");
  assert.deepEqual(read("contrastive_x313_d3"), { ...usual, dim: 3, excluded: [1, 3] });
});

test("what names no loss is nothing", () => {
  for (const text of [null, undefined, "", "adam", "__proto__", "constructor", "toString_d3", "Contrastive", "%00"])
    assert.equal(read(text), null);
});

test("a ready setting is found by its name or its number", () => {
  const ready = [{ name: "Pull and push" }, { name: "8 and 9 never seen" }];
  assert.equal(learnSettings.slug("8 and 9 never seen"), "8-and-9-never-seen");
  assert.equal(learnSettings.ready("8-and-9-never-seen", ready), ready[1]);
  assert.equal(learnSettings.ready("1", ready), ready[0]);
  for (const text of [null, "", "0", "3", "-1", "__proto__"]) assert.equal(learnSettings.ready(text, ready), undefined);
});

test("the form's values and what is sent are the same settings", () => {
  const chosen = { ...usual, loss: "semi-hard", strength: 0.3 };
  const sent = learnSettings.sent(chosen);
  assert.deepEqual(plain(sent), {
    loss: "triplet",
    mining: "semi-hard",
    margin: 0.3,
    dim: 16,
    learning_rate: 0.02,
    excluded: [],
    seed: 0,
  });
  assert.deepEqual(plain(learnSettings.chosen(sent)), chosen);
  const temperature = learnSettings.sent({ ...usual, loss: "supcon", strength: 0.1 });
  assert.deepEqual([temperature.temperature, temperature.margin], [0.1, undefined]);
  assert.deepEqual(plain(learnSettings.chosen(temperature)).strength, 0.1);
});
