"""Input processing: a picture of any kind -> the 28x28 pixels that the network sees.

`decode` turns files, bytes, Pillow images and arrays into pixels, of any depth by `ranges`. `ink` finds the symbol in them
and normalises it to MNIST's form. `errors` defines the exception that both may raise.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
from PIL import Image

Picture: TypeAlias = Image.Image | np.ndarray | str | os.PathLike | bytes
