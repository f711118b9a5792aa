"""A gallery of a million beside one of ten thousand: start, resident memory, and the search by the index and exactly.

python benchmarks/million.py    # wants faiss: pip install "siamese[index]"

The million are a hundred copies of the shipped gallery. All but the first are moved, in each dimension by as much that a copy
lies as far from its picture as that picture's nearest neighbour does. The pictures are the real ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import common

JITTER = 0.003  # of each of 128 dimensions: 0.034 away, which is the median distance to the nearest neighbour
QUERIES = 200
START = """
import json, sys, time
from memory import resident
began = time.perf_counter()
import siamese
matcher = siamese.load(sys.argv[1])
loaded = time.perf_counter()
found = matcher.neighbours(matcher.gallery_query(len(matcher.gallery) // 2), 10)
done = time.perf_counter()
print(json.dumps([loaded - began, done - loaded, resident("self")]))
"""


def write_bundle(folder: Path, copies: int) -> None:
    """A bundle whose gallery is so many copies of the shipped one."""
    import numpy as np

    import siamese
    from siamese.bundle import tiles
    from siamese.bundle.format import save
    from siamese.retrieval.gallery import EXACT_UP_TO, Gallery
    from siamese.retrieval.index_building import build_index

    bundle = siamese.load().bundle
    base, rng = bundle.gallery, np.random.default_rng(0)
    count, dim = base.embeddings.shape
    embeddings = np.empty((copies * count, dim), np.float16)
    for copy in range(copies):
        rows = base.embeddings + rng.normal(0, JITTER, (count, dim)).astype(np.float32) * (copy > 0)
        embeddings[copy * count : (copy + 1) * count] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    encoded = [tiles.encode(picture, bundle.net.input) for picture in base.images]
    path = folder.with_suffix(".tiles")
    offsets = tiles.write_tiles((picture for _ in range(copies) for picture in encoded), path)
    began = time.perf_counter()
    index = build_index(embeddings) if len(embeddings) > EXACT_UP_TO else None
    if index:
        print(
            f"index of {len(embeddings):,}: built in {time.perf_counter() - began:.0f} s, {index.probes} of "
            f"{len(index.centroids)} lists, recall@10 {index.recall:.4f} of rows of the gallery"
        )
    places = np.tile(base.xy, (copies, 1))
    gallery = Gallery(
        tiles.Tiles(path, offsets, bundle.net.input), np.tile(base.labels, copies), embeddings, places, index
    )
    save(replace(bundle, gallery=gallery), folder)
    path.unlink()


def search(folder: Path) -> None:
    """Queries that are no rows of the gallery, by the index and exactly."""
    import numpy as np

    import siamese
    from siamese.retrieval.search import nearest

    gallery = siamese.load(folder).gallery
    rng = np.random.default_rng(1)
    queries = gallery.rows(np.sort(rng.choice(len(gallery), QUERIES, replace=False)))
    queries += rng.normal(0, JITTER, queries.shape).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    _, exact = nearest(queries, gallery.embeddings, 10)
    _, found = gallery.search(queries, 10)
    recall = np.mean([np.isin(one, other).mean() for one, other in zip(exact, found, strict=True)])
    asked = iter(range(10**9))
    by_index = common.median_ms(lambda: gallery.search(queries[next(asked) % QUERIES], 10), QUERIES)
    exactly = common.median_ms(lambda: nearest(queries[:1], gallery.embeddings, 10), 5)
    print(
        f"top 10 of one query among {len(gallery):,}: {by_index:.1f} ms by the index (limit 10), recall {recall:.4f} "
        f"(limit 0.99); exactly {exactly:.0f} ms"
    )


def started(folder: Path) -> list[float]:
    """Seconds of load, with the imports, and of the first answer, and megabytes of resident memory, of a process of its own."""
    command = [sys.executable, "-c", START, str(folder)]
    done = subprocess.run(command, cwd=Path(__file__).parent, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main(arguments: list[str] | None = None) -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--copies", type=int, default=100, help="of the shipped gallery of 10,000")
    parser.add_argument("--rounds", type=int, default=5, help="starts of each, taking turns")
    given = parser.parse_args(arguments)
    common.one_core()
    print(common.where())
    with tempfile.TemporaryDirectory() as temporary:
        folders = {copies * 10_000: Path(temporary) / f"of-{copies}" for copies in (1, given.copies)}
        for count, folder in folders.items():
            write_bundle(folder, count // 10_000)
        starts: dict[int, list[list[float]]] = {count: [] for count in folders}
        for _ in range(given.rounds):
            for count, folder in folders.items():
                starts[count].append(started(folder))
        medians = {
            count: [sorted(column)[len(column) // 2] for column in zip(*rows, strict=True)]
            for count, rows in starts.items()
        }
        for count, (loaded, answered, megabytes) in medians.items():
            print(
                f"{count:9,d} pictures: start {loaded:.2f} s, first answer {answered * 1000:.0f} ms, "
                f"resident {megabytes:.0f} MB"
            )
        small, large = medians.values()
        print(f"more: start {large[0] - small[0]:.2f} s (limit 2), resident {large[2] - small[2]:.0f} MB (limit 400)")
        search(folders[given.copies * 10_000])


if __name__ == "__main__":
    main()
