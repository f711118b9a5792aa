"""A picture of any kind -> the form that the network sees.

`decode` reads files, bytes, Pillow pictures and arrays as grey pixels; `ink` finds the symbol in them and brings it
into MNIST's form; `errors` has what both may raise.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
from PIL import Image

Picture: TypeAlias = Image.Image | np.ndarray | str | os.PathLike | bytes
