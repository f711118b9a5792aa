"""The nginx configuration in docs/ agrees with the app."""

from __future__ import annotations

import re
from pathlib import Path

from siamese.ui.page import MAX_BODY

CONFIGURATION = (Path(__file__).parent.parent / "docs" / "nginx.conf").read_text()


def test_nginx_lets_pass_what_the_app_takes():
    assert re.findall(r"client_max_body_size (\d+);", CONFIGURATION) == [str(MAX_BODY)]
