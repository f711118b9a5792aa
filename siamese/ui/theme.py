"""One calm look, light and dark: type, colour, spacing."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

# Ten colours that people with any colour vision can tell apart (Petroff, 2021), 0 to 9.
DIGITS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#5d6070",
    "#5bc0be",
)

SHEETS = ("base.css", "pad.css", "compare.css", "grid.css", "map.css", "symbols.css", "about.css")  # in `static/`


def theme() -> gr.themes.Base:
    """System fonts, so that nothing is fetched; quiet greys and one blue."""
    return gr.themes.Default(
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        body_background_fill="#fafaf9",
        body_background_fill_dark="#14171c",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
    )


def css() -> str:
    """The page's style sheet, with the colours of the labels as variables."""
    digits = " ".join(f"--digit-{digit}: {colour};" for digit, colour in enumerate(DIGITS))
    sheets = ((Path(__file__).parent / "static" / name).read_text(encoding="utf-8") for name in SHEETS)
    return f"body {{ {digits} }}\n" + "\n".join(sheets)
