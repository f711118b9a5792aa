import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

const siamese = load("learn_projection.js", "learn_lines.js");
const near = (a, b) => {
  for (const [i, value] of a.entries()) assert.ok(Math.abs(value - b[i]) < 1e-9, `${a} is not ${b}`);
};

test("the plane is seen as it is, y upwards", () => {
  near(siamese.learnProjector({ yaw: 1, pitch: 1 }, 2, 100)(0.5, 1), [21, -42, 0]);
});

test("a globe is turned about its axes, and keeps its size", () => {
  near(siamese.learnProjector({ yaw: 0, pitch: 0 }, 3, 100)(0.6, 0.8, 0), [25.2, -33.6, 0]);
  near(siamese.learnProjector({ yaw: Math.PI / 2, pitch: 0 }, 3, 100)(1, 0, 0), [0, 0, -1]);
  near(siamese.learnProjector({ yaw: 0, pitch: Math.PI / 2 }, 3, 100)(0, 1, 0), [0, 0, 1]);
  const [x, y, depth] = siamese.learnProjector({ yaw: 0.7, pitch: -0.4 }, 3, 100)(0.36, 0.48, 0.8);
  assert.ok(Math.abs(Math.hypot(x / 42, y / 42, depth) - 1) < 1e-9);
});

test("the ends of the lines lie where the map puts embeddings", () => {
  const lines = { labels: [3, 5], positions: [10, 20, -30, 40] };
  const project = siamese.learnProjector({}, 2, 100);
  assert.deepEqual(plain(siamese.learnLineEnds(lines, 2, 0.01, project)), [
    [4.2, -8.4],
    [-12.6, -16.8],
  ]);
  const deep = siamese.learnLineEnds({ labels: [0], positions: [1, 2, 3] }, 3, 1, (...at) => [...at, "further"]);
  assert.deepEqual(plain(deep), [[1, 2]]);
});

const lines = { step: 8, pulled: [[0, 1]], pushed: [[0, 2]], active: [1234, 56], possible: [2000, 3000] };
const told = (settings, step = 8, found = lines) =>
  siamese
    .learnLinesWords(found, settings, step, "digit", "digits")
    .map((parts) => parts.map((part) => part.text ?? part.term ?? part).join(""));

test("each loss is told as it is", () => {
  const [, pushed, contrastive] = told({ loss: "contrastive", margin: 0.7 });
  assert.match(pushed, /different digits, while they lie nearer than the margin, 0\.7\.$/);
  assert.match(
    contrastive,
    /^In the batch of step 8, 1,234 of 2,000 pairs of one digit are pulled and 56 of 3,000 others/,
  );
  assert.match(contrastive, /from the training set/, "it says which pictures these are");

  const [positive, negative, rest] = told({ loss: "triplet", mining: "batch-hard", margin: 0.3 });
  assert.match(positive, /anchor.*positive, the farthest of its own digit/);
  assert.match(negative, /nearest of another digit\.$/);
  assert.match(rest, /farther than its positive by the margin, 0\.3\. .* 1,234 of 2,000 triplets are not/);
  assert.match(told({ loss: "triplet", mining: "semi-hard", margin: 0.3 })[1], /that is farther than the positive/);

  assert.match(told({ loss: "supcon", temperature: 0.1 })[2], /temperature, here 0\.1/);
});

test("before the first step and with nothing left it says so", () => {
  assert.match(told({ loss: "contrastive", margin: 1 }, 0)[2], /^In the first batch/);
  const rest = { ...lines, pulled: [], pushed: [], active: [0, 0] };
  assert.match(told({ loss: "contrastive", margin: 1 }, 8, rest)[2], /nothing is left to draw/);
});
