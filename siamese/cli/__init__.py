"""The command line: `options` are train.py's and `training` reads them, `commands` are those of `python -m siamese`, and
`ending` is how both end, `parser` how both refuse what they do not know.
Nothing below this package sees a command line.
"""

from siamese.cli.commands import main
from siamese.cli.ending import status_of
from siamese.cli.options import changed, command
from siamese.cli.training import flags_of, parse_training
from siamese.recipes.job import Job

__all__ = ["Job", "changed", "command", "flags_of", "main", "parse_training", "status_of"]
