import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./page.js";

const siamese = load(
  "map_geometry.js",
  "map_search.js",
  "map_csv.js",
  "map_data.js",
  "map_pictures.js",
  "map_names.js",
  "map_moves.js",
  "map_figure.js",
);
const geometry = siamese.mapGeometry;
const SIZE = { width: 800, height: 400 };
const close = (a, b) =>
  assert.ok(
    a.every((value, i) => Math.abs(value - b[i]) < 1e-6),
    `${a} is not ${b}`,
  );

test("what fits lies within the plot, and its middle in the middle", () => {
  const view = geometry.fit([-1, 3], [0, 10], SIZE);
  const project = geometry.flat(view, SIZE);
  close(project(1, 5), [400, 200]);
  for (const [x, y] of [project(-1, 0), project(3, 10)]) {
    assert.ok(x > 0 && x < 800 && y > 0 && y < 400);
  }
  assert.ok(project(1, 10)[1] < project(1, 0)[1], "up is up");
});

test("a view and plotly's ranges are the same thing", () => {
  const view = { x: 0.25, y: -1, width: 3 };
  const { x, y } = geometry.rangesOf(view, SIZE);
  close([x[1] - x[0], y[1] - y[0]], [3, 1.5]);
  const again = geometry.viewOf(x, y);
  close([again.x, again.y, again.width], [0.25, -1, 3]);
});

test("a view comes back from the address; what is none does not", () => {
  assert.equal(geometry.viewText({ x: 0.12345, y: -1, width: 2 }), "0.123_-1_2");
  assert.deepEqual(plain(geometry.parseView("0.123_-1_2")), { x: 0.123, y: -1, width: 2 });
  for (const text of [null, "", "1_2", "1_2_0", "1_2_-3", "a_b_c", "1__2", "1_2_1e9", "1_2_3_4", "NaN_1_1"])
    assert.equal(geometry.parseView(text), null, text);
});

test("the 3-D map looks at its middle, and what is nearer is larger", () => {
  const box = geometry.boxOf([-1, 1], [-1, 1], [-1, 1]);
  const camera = { eye: { x: 0, y: -3, z: 0 }, center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 } };
  const project = geometry.perspective(camera, box, SIZE);
  close(project(0, 0, 0), [400, 200]);
  const [near, far] = [project(1, -1, 0), project(1, 1, 0)];
  assert.ok(near[0] > far[0] && far[0] > 400);
  assert.ok(project(0, 0, 1)[1] < 200, "up is up");
  const behind = { ...camera, eye: { x: 0, y: -0.1, z: 0 } };
  assert.ok(Number.isNaN(geometry.perspective(behind, box, SIZE)(0, -1, 0)[0]));
});

test("a movement begins and ends where it should", () => {
  assert.deepEqual(
    [-5, 0, 300, 600, 900].map((t) => geometry.eased(t, 600)),
    [0, 0, 0.5, 1, 1],
  );
  assert.deepEqual([...geometry.between([0, 10], [4, 20], 0.5)], [2, 15]);
});

test("points stand where the projection puts them", () => {
  const axes = [
    [0, 1, 2],
    [5, 6, 7],
    [8, 9, 10],
  ];
  assert.deepEqual([...siamese.pixelsOf([2, 0], axes, (x, y, z) => [x + y, z])], [9, 10, 5, 8]);
});

const NAMES = ["Green tea", "Tea", "Coffee", "5"];
const found = (text) => plain(siamese.mapSearch(text, NAMES, 100).found);

test("a search finds by name: the name itself, its beginning, a word in it, a part of a word", () => {
  assert.deepEqual(found("TEA"), [{ label: 1 }, { label: 0 }]);
  assert.deepEqual(found("ee"), [{ label: 0 }, { label: 2 }]);
  assert.deepEqual(found("cocoa"), []);
  assert.deepEqual(found(" "), [{ label: 0 }, { label: 1 }, { label: 2 }, { label: 3 }]);
});

test("a search finds by index, and # leaves no doubt", () => {
  assert.deepEqual(found("5"), [{ index: 5 }, { label: 3 }]);
  assert.deepEqual(found("#5"), [{ index: 5 }]);
  assert.deepEqual(found("99"), [{ index: 99 }]);
  assert.deepEqual(found("100"), []);
  assert.deepEqual(found("#100"), []);
  assert.deepEqual(found("-1"), []);
});

test("a search offers twelve, and tells of more", () => {
  const names = [...Array(81).keys()].map((i) => `class ${i}`);
  const { found, more } = siamese.mapSearch("class", names, 100);
  assert.deepEqual([found.length, more], [12, 69]);
});

test("CSV holds its cells, and no formula", () => {
  assert.equal(
    siamese.csv(
      ["a", "b"],
      [
        [1, "x"],
        [-0.5, 'say "hi", you'],
      ],
    ),
    'a,b\r\n1,x\r\n-0.5,"say ""hi"", you"\r\n',
  );
  for (const cell of ["=1", "+1", "-1", "@a", " =1", "\u00a0=1", "\t=1", "＝1", "\tx"])
    assert.ok(
      siamese
        .csv(["n"], [[cell]])
        .split("\r\n")[1]
        .startsWith("'"),
      JSON.stringify(cell),
    );
  assert.ok(siamese.csv(["n"], [["\n=1"]]).includes('"\'\n=1"'));
  assert.ok(!siamese.csv(["n"], [["a=1"]]).includes("'"));
});

// A thousand points on a plane, in no order.
const points = [...Array(1000).keys()].map((i) => [((i * 37) % 100) / 100, ((i * 61) % 97) / 97]);

test("pictures that are spread out do not hide one another, and none more would fit", () => {
  const indices = [...points.keys()];
  const kept = siamese.spreadOut(indices, (i) => points[i], 0.1);
  const hides = (i, j) => Math.abs(points[i][0] - points[j][0]) < 0.1 && Math.abs(points[i][1] - points[j][1]) < 0.1;
  for (const i of kept) for (const j of kept) assert.ok(i === j || !hides(i, j));
  for (const i of indices) assert.ok(kept.some((j) => hides(i, j)));
});

test("at most 400 pictures, the nearest to the middle, and what is selected always", () => {
  const indices = [...points.keys()];
  const project = (i) => [points[i][0] * 800, points[i][1] * 400];
  const ask = { indices, spread: indices, project, always: [7], side: 30, size: SIZE, zoomed: true };
  const chosen = siamese.choosePictures(ask);
  assert.equal(chosen.length, 400);
  assert.equal(chosen.at(-1).index, 7, "on top");
  const away = ({ x, y }) => Math.hypot(x - 400, y - 200);
  const farthest = Math.max(...chosen.slice(0, -1).map(away));
  const left = indices.filter((i) => !chosen.some(({ index }) => index === i));
  for (const i of left) assert.ok(away({ x: project(i)[0], y: project(i)[1] }) >= farthest);
  assert.deepEqual(plain(siamese.choosePictures({ ...ask, zoomed: false })), [], "the whole map has points");
  const few = siamese.choosePictures({ ...ask, indices: [1, 2], spread: [1, 2], always: [], zoomed: false });
  assert.equal(few.length, 2);
});

test("pictures grow with the zoom, then there are more of them", () => {
  for (const scale of [10, 100, 333, 1000, 12345]) {
    const { units, pixels } = siamese.pictureSide(scale);
    assert.ok(pixels >= 22 && pixels <= 46 && pixels <= units * scale);
    assert.equal(siamese.pictureSide(scale * 2).units, units / 2);
  }
});

test("a label's name stands in the middle of its points, the largest label first", () => {
  const axes = [
    [0, 1, 2, 9, 9],
    [0, 1, 50, 9, 9],
    [0, 0, 0, 1, 1],
  ];
  const middles = plain(siamese.labelMiddles([0, 1, 2, 3, 4], [4, 4, 4, 2, 2], axes));
  assert.deepEqual(
    middles.map(({ label, place, count }) => [label, place, count]),
    [
      [4, [1, 1, 0], 3],
      [2, [9, 9, 1], 2],
    ],
  );
  assert.deepEqual(plain(siamese.labelMiddles([], [4, 4], axes)), []);
});

test("names do not overlap, the first ones stay, and no more than forty stand at once", () => {
  const names = [
    { text: "one", x: 100, y: 100 },
    { text: "two", x: 110, y: 105 },
    { text: "off", x: -9, y: 5 },
  ];
  assert.deepEqual(
    plain(siamese.namesThatFit(names, SIZE)).map(({ text }) => text),
    ["one"],
  );
  const many = [...Array(100).keys()].map((i) => ({
    text: "n",
    x: 30 + 70 * (i % 10),
    y: 15 + 35 * Math.floor(i / 10),
  }));
  assert.equal(siamese.namesThatFit(many, SIZE).length, 40);
});

test("a figure is unpacked with every index, beyond 65,535 too", () => {
  const packed = (array, dtype) => ({ dtype, bdata: Buffer.from(array.buffer).toString("base64") });
  const count = 65_537;
  const zeros = packed(new Float32Array(count), "f4");
  const data = siamese.unpackFigure({
    data: [{ x: zeros, y: zeros, customdata: packed(Uint32Array.from(Array(count).keys()), "u4") }],
    layout: {
      meta: {
        count,
        names: ["a"],
        counts: [count],
        labels: packed(new Int32Array(count), "i4"),
        colours: [0],
        px: zeros,
        py: zeros,
        pz: zeros,
      },
    },
  });
  assert.equal(data.members[0].at(-1), 65_536);
  assert.equal(data.count, count);
});

// A gallery of a million, of which the map has three pictures of two labels.
function sampled() {
  const packed = (array, dtype) => ({ dtype, bdata: Buffer.from(array.buffer).toString("base64") });
  const floats = (...values) => packed(Float32Array.from(values), "f4");
  const trace = (indices, x) => ({
    x: floats(...x),
    y: floats(...x),
    customdata: packed(Uint32Array.from(indices), "u4"),
  });
  const [px, py, pz] = [floats(0.1, 0.2, 0.3), floats(1, 2, 3), floats(4, 5, 6)];
  const meta = { count: 1_000_000, names: ["a", "b"], counts: [400_000, 600_000], colours: [0, 1], px, py, pz };
  meta.labels = packed(Int32Array.from([0, 1, 0]), "i4");
  return siamese.unpackFigure({ data: [trace([7, 900_000], [-1, 1]), trace([800], [0.5])], layout: { meta } });
}

test("a sample's points keep the gallery's indices, and others have no place", () => {
  const data = sampled();
  assert.deepEqual(plain(data.indices), [7, 800, 900_000]);
  assert.deepEqual([data.labels[7], data.labels[800], data.labels[900_000]], [0, 1, 0]);
  close([data.x[7], data.x[800], data.px[800], data.pz[900_000]], [-1, 0.5, 0.2, 6]);
  assert.deepEqual([7, 800, 8, 999_999].map(data.has), [true, true, false, false]);
  close(siamese.mapGeometry.extent(data.x), [-1, 1]);
});

test("a picture that the sample leaves out gets a point, once, and each its own mark", () => {
  const data = sampled();
  const point = { index: 999_999, label: 1, xy: [0.25, -0.5], pca: [1, 2, 3], wrong: true };
  data.add([point, { ...point, label: 0 }, { ...point, index: 7 }]);
  assert.deepEqual(plain(data.members), [
    [7, 900_000],
    [800, 999_999],
  ]);
  assert.deepEqual(plain(data.indices), [7, 800, 900_000, 999_999]);
  close([data.x[999_999], data.y[999_999], data.pz[999_999], data.x[7]], [0.25, -0.5, 3, -1]);
  data.judge([0, 1, 0]);
  assert.deepEqual(
    [7, 800, 900_000, 999_999].map((i) => data.wrong[i]),
    [0, 1, 0, 1],
  );
});

test("a picture is asked for once, is drawn when it has come, and the oldest ones are let go", () => {
  const made = [];
  let came = 0;
  const make = () => {
    made.push({ complete: false, naturalWidth: 0 });
    return made.at(-1);
  };
  const imageOf = siamese.images(make, () => came++, 2);
  assert.equal(imageOf("a"), null);
  assert.equal(imageOf("a"), null);
  assert.equal(made.length, 1);
  Object.assign(made[0], { complete: true, naturalWidth: 28 });
  made[0].onload();
  assert.equal(came, 1);
  assert.equal(imageOf("a"), made[0]);
  imageOf("b");
  imageOf("a");
  imageOf("c"); // in place of b
  assert.equal(imageOf("a"), made[0]);
  assert.equal(made.length, 3);
  imageOf("b");
  assert.equal(made.length, 4);
});
