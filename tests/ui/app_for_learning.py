"""The app, but runs in the Learn tab have time to come to their end on a machine that is busy with other things, too.

The browser tests of the Learn tab start it: python tests/ui/app_for_learning.py
"""

import app

SECONDS = 1800.0  # of processor time


def main() -> None:
    app.prepare()
    from siamese.ui import page
    from siamese.ui.serving import serve

    page.launch(page.build(serve(None).matcher, learn_seconds=SECONDS))


if __name__ == "__main__":
    main()
