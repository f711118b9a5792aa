"""The page: one module a tab, and the components they share."""

from siamese.ui.page import build, launch

__all__ = ["build", "launch"]
