"""The parser of arguments, for runs of several processes too."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from siamese.models.processes import first_to_tell


class Parser(argparse.ArgumentParser):
    """Of several processes with the same arguments, one says what is wrong with them."""

    def error(self, message: str) -> NoReturn:
        if not first_to_tell():
            sys.exit(2)
        super().error(message)
