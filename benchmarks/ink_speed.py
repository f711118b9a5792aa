"""How long `to_ink` takes on one core: python benchmarks/ink_speed.py"""

import io

import common

common.one_core()

import numpy as np
from PIL import Image

import siamese
from siamese.data.synthetic.corruptions import photograph, scan
from siamese.ui.components import drawing_url, picture_of


def main() -> None:
    matcher = siamese.load()
    ink = matcher.gallery.images[0]
    rng = np.random.default_rng(0)
    canvas = Image.open(io.BytesIO(picture_of(drawing_url(ink)) or b"")).convert("RGB")
    photographs = [photograph(matcher.gallery.images[i], rng, side=2000) for i in range(5)]
    print(common.where())
    print(f"28x28 ink          {common.median_ms(lambda: siamese.to_ink(ink)):6.2f} ms")
    print(f"16x16 scan         {common.median_ms(lambda: siamese.to_ink(scan(ink, rng))):6.2f} ms (with making it)")
    print(f"280x280 canvas     {common.median_ms(lambda: siamese.to_ink(canvas)):6.2f} ms (limit 5)")
    turn = iter(range(10**6))
    shown = common.median_ms(lambda: siamese.to_ink(photographs[next(turn) % 5]))
    print(f"2000x2000 RGB photo{shown:6.2f} ms (limit 40)")


if __name__ == "__main__":
    main()
