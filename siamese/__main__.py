"""`python -m siamese index|evaluate|push|pull`: see `cli`."""

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C during the imports ends in silence

    from siamese.cli import main

    sys.exit(main())
