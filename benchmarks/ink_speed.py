"""How long `to_ink` takes on one core: python benchmarks/ink_speed.py"""

import common

common.one_core()

import numpy as np
from PIL import Image

import siamese
from siamese.data.synthetic import corruptions as scenes
from siamese.ui.components import Canvas, drawing_url


def main() -> None:
    matcher = siamese.load()
    ink = matcher.gallery.images[0]
    chance = np.random.default_rng(0)
    canvas = Image.open(__import__("io").BytesIO(Canvas(render=False).preprocess(drawing_url(ink)))).convert("RGB")
    photographs = [scenes.photograph(matcher.gallery.images[i], chance, side=2000) for i in range(5)]
    print(common.where())
    print(f"28x28 ink          {common.median_ms(lambda: siamese.to_ink(ink)):6.2f} ms")
    print(
        f"16x16 scan         {common.median_ms(lambda: siamese.to_ink(scenes.scan(ink, chance))):6.2f} ms (with making it)"
    )
    print(f"280x280 canvas     {common.median_ms(lambda: siamese.to_ink(canvas)):6.2f} ms (limit 5)")
    turn = iter(range(10**6))
    shown = common.median_ms(lambda: siamese.to_ink(photographs[next(turn) % 5]))
    print(f"2000x2000 RGB photo{shown:6.2f} ms (limit 40)")


if __name__ == "__main__":
    main()
