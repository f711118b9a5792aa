"""The texts of the About tab, as they hold for the model that is served."""

from __future__ import annotations

from siamese.bundle import card
from siamese.matcher import Matcher

USE = """
```python
import siamese

{load} # {loads}
{compare} # Comparison(distance, probability, same)
{neighbours} # the nearest of the gallery
{locate} # (x, y) on the map
```

```python
from gradio_client import Client, handle_file

client = Client("{url}")
client.predict(handle_file("{a}"), handle_file("{b}"), api_name="/compare")
client.predict(handle_file("{a}"), 10, api_name="/neighbours")
client.predict(handle_file("{a}"), api_name="/locate")
client.predict([handle_file("{one}.{kind}"), handle_file("{two}.{kind}")], ["{one}", "{two}"], handle_file("query.{kind}"), api_name="/recognise")
```
"""

COLUMN = 53  # where the comments of `USE` begin

DATA = {  # of the data sets that a network for symbols is trained on, by their names in `measurements.DATA_SETS`
    "mnist": (
        "**MNIST**: Yann LeCun, Corinna Cortes and Christopher J. C. Burges, *The MNIST database of handwritten digits*. "
        "Licensed MIT according to its Hub card, CC BY-SA 3.0 according to other sources."
    ),
    "pen": (
        "**Pen strokes**: E. Alpaydin and F. Alimoglu, *Pen-Based Recognition of Handwritten Digits*, UCI Machine Learning "
        "Repository, 1998. CC BY 4.0."
    ),
    "omniglot": (
        "**Omniglot**: B. M. Lake, R. Salakhutdinov and J. B. Tenenbaum, *Human-level concept learning through "
        "probabilistic program induction*, Science 350, 2015. MIT."
    ),
    "letters": "**Letters**: strokes of more than a hundred scripts, from the Noto fonts by Google. SIL Open Font License 1.1.",
}
GALLERY = "The gallery shows MNIST's test pictures."

NOT_FOR = """
- **Faces, persons, signatures.** It compares what pictures look like, and knows nothing of who made them or who is in
  them. Nothing of the kind was measured: no identity check, no legal or forensic decision may rest on it.
"""
NOT_FOR_INK = """
- **Symbols that it never saw**, as if they were certain. It compares them too, and is often right, but more often wrong
  than with digits.
- **Words, or numbers of several digits.** A picture holds one symbol.
"""
NOT_FOR_PICTURES = """
- **Things of another kind** than those it was trained on. It compares them too, but no figure here says how well.
"""
NOT_FOR_ANY = """
- **Outliers**: what is like nothing in its gallery is compared all the same. The page says so where it notices, which is
  not always.
- **A probability elsewhere.** The calibration holds for pictures like those it was made with, and where same and different
  pairs are equally frequent.
"""


def how_it_works(matcher: Matcher, learn: bool) -> str:
    """How the served model comes to an answer, in a few sentences of Markdown.

    Args:
        matcher: that answers.
        learn: whether there is a tab Learn to point to.
    """
    height, width = matcher.input.size
    dim = matcher.gallery.embeddings.shape[1]
    colours = "" if matcher.input.channels == 1 else ", in colours"
    drawn = matcher.input.kind == "ink"
    thing = "symbol" if drawn else "thing"
    cleaned = "found, centred and " if drawn else ""
    weights = sum(parameter.numel() for parameter in matcher.bundle.net.parameters())
    paragraphs = [
        f"Two branches, one network: both pictures go through **the same {weights:,} weights**, hence *Siamese*. Each picture "
        f"is {cleaned}brought to {width} × {height} pixels{colours}, and comes out as an embedding: {dim} numbers, a point on a "
        f"sphere in {dim} dimensions.",
        f"In training, pictures of one {thing} were pulled together and pictures of different ones pushed apart"
        + ("; the tab *Learn* shows it at work." if learn else "."),
        f"So the distance of the two points, from 0 to 2, says how different the pictures are. A calibration curve from "
        f"validation pictures turns it into the probability that both show the same {thing}. Up to the threshold, "
        f"{matcher.threshold:.2f}, the answer is *the same*.",
    ]
    if matcher.bundle.few_shot_net:
        height, width = matcher.few_shot_net.input.size
        paragraphs.append(
            f"Symbols other than digits, in the tab *New symbols*, have a network of their own. It sees them at {width} × {height} "
            "pixels, and learned from other alphabets."
            + (
                " Beside the distance of two embeddings, the strokes of the two drawings are matched, each to what lies near it in "
                "the other (image distortion model; Keysers et al., 2007)."
                if matcher.inference.few_shot_distortion
                else ""
            )
        )
    elif len(matcher.net.config.heads) > 1:
        paragraphs.append(
            "Symbols other than digits, in the tab *New symbols*, are compared by a second head on the same network, which "
            "learned from other alphabets."
        )
    return "\n\n".join(paragraphs)


def not_for(matcher: Matcher) -> str:
    """What the served model is not for, as a list in Markdown."""
    return NOT_FOR + (NOT_FOR_INK if matcher.input.kind == "ink" else NOT_FOR_PICTURES) + NOT_FOR_ANY


def data(matcher: Matcher) -> str:
    """What a network for symbols was trained on, and whose pictures its gallery shows, in Markdown."""
    measurements = matcher.bundle.measurements
    lines = [f"- {DATA[name]}" for name in measurements.trained_on if name in DATA]
    if not measurements.provenance.startswith(card.INDEXED):
        lines.append(f"- {GALLERY}")
    return "\n".join(lines)


def use(matcher: Matcher, url: str, prefix: str) -> str:
    """How to use the model from code.

    Args:
        matcher: that answers.
        url: of the app, or the name of its Space.
        prefix: of the API's names, where the app has several models.
    """
    if matcher.input.kind == "ink":
        folder, loads = "", 'or a folder, or "user/repo" on the Hub'
        a, b, one, two, kind = "four.png", "nine.png", "alpha", "beta", "png"
    else:
        folder, loads = '"runs/things"', 'a folder, or "user/repo" on the Hub'
        a, b, one, two, kind = "first.jpg", "second.jpg", "tea", "oats", "jpg"
    calls = {
        "load": f"matcher = siamese.load({folder})",
        "compare": f'matcher.compare("{a}", "{b}")',
        "neighbours": f'matcher.neighbours("{a}", k=10)',
        "locate": f'matcher.locate("{a}")',
    }
    lines = {name: call.ljust(COLUMN) for name, call in calls.items()}
    text = USE.format(url=url, loads=loads, a=a, b=b, one=one, two=two, kind=kind, **lines)
    return text.replace('api_name="/', f'api_name="/{prefix}')
