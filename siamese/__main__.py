"""`python -m siamese index|evaluate|push|pull`: see `cli`."""

import sys

from siamese.cli import main

if __name__ == "__main__":
    sys.exit(main())
