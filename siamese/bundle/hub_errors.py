"""What went wrong at the Hugging Face Hub, in words that say what to do about it."""

from __future__ import annotations

import json

LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token with write access"
ANSWERS = {
    401: f"the token is wrong or missing, or there is no such repository: check its name, and {LOGIN}",
    403: "the token has no permission for this: use one that has, from https://huggingface.co/settings/tokens",
    404: "there is no such repository or revision: check its name",
    429: "it was asked too often: try again in a few minutes",
}


def explain(error: BaseException) -> str:
    """What an error of the Hub's client means, as a part of a line."""
    link: BaseException | None = error
    while link is not None:
        status = getattr(getattr(link, "response", None), "status_code", None)
        if status is not None:
            meaning = ANSWERS.get(status) or getattr(link, "server_message", None) or "try again later"
            return f"the Hub answers {status}, {' '.join(meaning.split())[:300]}"
        # By name: the client stands on httpx in one version of huggingface_hub and on httpx2 in the next.
        kinds = {kind.__name__ for kind in type(link).__mro__}
        if "OfflineModeIsEnabled" in kinds:
            return "HF_HUB_OFFLINE is set, unset it to ask the Hub"
        if "TimeoutException" in kinds:
            return "the Hub took too long to answer, try again later"
        if "TransportError" in kinds:
            return f"the connection to the Hub failed ({type(link).__name__}), check the network and try again"
        if isinstance(link, json.JSONDecodeError):
            return "what answered is not the Hub, check HF_ENDPOINT and whether the network wants a login"
        link = link.__cause__
    return first_line(error).rstrip(".")


def first_line(error: BaseException) -> str:
    """An error's message as far as one line goes, or the error's name where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
