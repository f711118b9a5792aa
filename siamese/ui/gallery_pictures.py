"""Where the browser finds the gallery's pictures: on one sheet, or each of a large gallery at an address of its own."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from siamese.bundle import sprite
from siamese.matcher import Matcher
from siamese.retrieval.gallery import EncodedPictures
from siamese.ui.leavings import temporary_folder
from siamese.ui.static_files import file_url

FOLDER = "gallery"  # of the addresses
MOST_DIGITS = 12  # of a number that is read at all
# A gallery with other pictures has other addresses, so that a browser need not ask twice.
HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}

Served = dict[str, EncodedPictures]  # pictures with addresses of their own, by what stands in these


def sheet_of(matcher: Matcher, served: Served) -> dict:
    """The gallery's pictures as the page shows them.

    Args:
        matcher: whose gallery it is.
        served: gets the pictures of a large gallery.

    Returns:
        "width" and "height" of a picture, in pixels; "kind" of the input; "url" of the sheet, or, where "single" is true,
        what a picture's number follows in its address.
    """
    gallery = matcher.gallery
    height, width = sprite.cell_size(matcher.input)
    told = {"width": width, "height": height, "kind": matcher.input.kind}
    if gallery.tiles is None:
        return told | {"url": file_url(_copied(matcher.folder / sprite.file_name(matcher.input))), "single": False}
    key = hashlib.blake2b(gallery.xy.tobytes(), digest_size=8).hexdigest()
    served[key] = gallery.tiles
    return told | {"url": f"{FOLDER}/{key}/", "single": True}


def route(served: Served) -> Route:
    """What answers `GET /gallery/KEY/NUMBER` with a picture; 404 where there is none."""

    def answer(request: Request) -> Response:  # no coroutine: reading a file may keep it waiting
        pictures, number = served.get(request.path_params["key"]), request.path_params["number"]
        if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS and pictures is not None:
            index = int(number)
            if index < len(pictures):
                return Response(pictures.encoded(index), media_type=pictures.media_type, headers=HEADERS)
        return PlainTextResponse("There is no such picture.", 404)

    return Route(f"/{FOLDER}/{{key}}/{{number}}", answer)


def _copied(sheet: Path) -> Path:
    """A copy that may be served: a path in a cache would tell visitors about this machine, and not every path may be."""
    copy = Path(tempfile.mkdtemp(dir=temporary_folder())) / sheet.name
    shutil.copyfile(sheet, copy)
    gr.set_static_paths([copy])
    return copy
