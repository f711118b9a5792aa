"""The command line: `options` turns train.py's words into a run's configuration and back, `commands` are those of
`python -m siamese`. Nothing below this package sees a command line.
"""

from siamese.cli.commands import main, status_of
from siamese.cli.options import Job, changed, command, parse_training

__all__ = ["Job", "changed", "command", "main", "parse_training", "status_of"]
