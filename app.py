"""The Space: load a bundle, lay out the page, serve it.

    python app.py                                          # the bundle that ships, on http://127.0.0.1:7860
    SIAMESE_MODEL=user/repo python app.py                  # a bundle on the Hugging Face Hub, or in a folder
"""

import os

try:  # before torch, where there is a Space GPU to attach
    import spaces  # noqa: F401
except ImportError:
    pass

# Read by Gradio when it is imported: no telemetry, and no summary of past events after each one.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000")

from siamese import ui
from siamese.matcher import load

matcher = load(os.environ.get("SIAMESE_MODEL") or None)
demo = ui.build(matcher)

if __name__ == "__main__":
    ui.launch(demo)
