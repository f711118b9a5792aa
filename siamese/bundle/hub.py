"""Push a bundle to the Hugging Face Hub, and pull one.

    python -m siamese.bundle.hub push runs/base USER/REPO [--private]
    python -m siamese.bundle.hub pull USER/REPO[@REVISION]

What is pulled is a fixed list of files at one commit, each checked against the hash that the Hub lists for it;
nothing else is ever downloaded. The Hub's client may wait for minutes or for ever, and no setting of its own
bounds that, so whatever talks to the Hub runs in a daemon thread with a deadline.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import queue
import re
import shlex
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, get_token, hf_hub_download, try_to_load_from_cache
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import HFValidationError, validate_repo_id

from siamese.bundle import format as bundle
from siamese.bundle.card import model_card
from siamese.bundle.files import write_text

CHECK_SECONDS = 10.0  # for four small requests
PUSH_SECONDS = 600.0  # for 8 MB over a slow line
LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token with write access"
ANSWERS = {
    401: f"the token is wrong or missing, or there is no such repository: check its name, and {LOGIN}",
    403: "the token has no permission for this: use one that has, from https://huggingface.co/settings/tokens",
    404: "there is no such repository or revision: check its name",
    429: "it was asked too often: try again in a few minutes",
}


@dataclass(frozen=True)
class Pulled:
    """A bundle in the local cache: its folder, "user/repo@commit", and why it isn't fresh, if it isn't."""

    folder: Path
    name: str
    problem: str = ""


def check_push(repo: str, private: bool = False, token: str | None = None) -> None:
    """Make sure that a push can succeed, and create the repository if it isn't there.

    Args:
        repo: "user/repo".
        private: create it so that only you see it.
        token: of the Hub; None for the one that you logged in with.

    Raises:
        ValueError: the token, the name, the permission or the connection won't do; within `CHECK_SECONDS`.
    """
    _check_name(repo)
    try:
        _within(CHECK_SECONDS, _prepare, repo, private, token)
    except Exception as error:
        raise ValueError(f"Cannot push to {repo}: {_why(error)}.") from error


def push(folder: str | Path, repo: str, private: bool = False, token: str | None = None) -> str:
    """Upload a bundle in one commit, its model card made out to `repo`; the folder itself is left as it is.

    Returns:
        The commit's address; if the repository holds this very bundle already, that of its newest commit.

    Raises:
        ValueError: the folder holds no valid bundle, or the push failed; then the message says how to try again.
    """
    folder = Path(folder)
    _check_name(repo)
    metrics = bundle.load(folder).metrics
    contents = {name: (folder / name).read_bytes() for name in bundle.FILES}
    try:
        contents["README.md"] = model_card(metrics, repo).encode()
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / 'metrics.json'} lacks what the model card tells: {error!r}.") from error
    try:
        _within(CHECK_SECONDS, _prepare, repo, private, token)
        address, changed = _within(PUSH_SECONDS, _commit, contents, repo, token)
    except Exception as error:
        again = shlex.join(["python", "-m", "siamese.bundle.hub", "push", str(folder), repo, *["--private"] * private])
        whole = f"The bundle in {folder} is whole; to try again: {again}"
        raise ValueError(f"The push to {repo} failed: {_why(error)}. {whole}") from error
    print(f"{'Pushed' if changed else 'Unchanged, so nothing was pushed'}: {address}")
    return address


def pull(repo: str, revision: str | None = None, deadline: float = 10.0) -> Pulled:
    """Bring a bundle from the Hub into the local cache; if the Hub fails, take what is there.

    Args:
        repo: "user/repo" or "user/repo@revision".
        revision: a branch, a tag or a commit; "main" if None.
        deadline: seconds that the Hub may take. A download that takes longer goes on in the background, so that
            a later call finds it done.

    Raises:
        ValueError: there is no such thing, or the Hub did not deliver and no earlier download is in the cache.
    """
    repo, _, inline = repo.partition("@")
    revision = revision or inline or "main"
    _check_name(repo)
    if not re.fullmatch(r"\w[\w./-]*", revision) or ".." in revision:
        raise ValueError(f"{revision!r} is no revision: give a branch, a tag or a commit.")
    try:
        folder, problem = _within(deadline, _download, repo, revision, deadline), ""
    except Exception as error:
        problem = f"{repo}@{revision} did not come from the Hub: {_why(error)}."
        folder = _cached(repo, revision)
        if folder is None:
            raise ValueError(problem) from error
        problem += " The copy of an earlier download is used."
    return Pulled(folder, f"{repo}@{folder.name}", problem)


def _check_name(repo: str) -> None:
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise ValueError(f"{repo!r} is no repository's name: {first_line(error)}") from error
    if "/" not in repo:
        raise ValueError(f"{repo!r} is no repository's whole name: write USER/{repo}.")


def _within(seconds: float, step: Callable, *arguments: Any) -> Any:
    """What `step` returns or raises; `TimeoutError` once so many seconds are over, while it goes on by itself."""
    outcome: queue.SimpleQueue = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((step(*arguments), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=run, name="hub", daemon=True).start()
    try:
        value, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"the Hub took longer than {seconds:g} seconds, try again later") from None
    if error is not None:
        raise error
    return value


def _why(error: BaseException) -> str:
    """What went wrong at the Hub and what to do about it, as a part of a line."""
    link: BaseException | None = error
    while link is not None:
        status = getattr(getattr(link, "response", None), "status_code", None)
        if status is not None:
            said = ANSWERS.get(status) or getattr(link, "server_message", None) or "try again later"
            return f"the Hub answers {status}, {' '.join(said.split())[:300]}"
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
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _api(token: str | None) -> HfApi:
    token = token or get_token()
    if not token:
        raise ValueError(f"there is no token: {LOGIN}")
    if not re.fullmatch("[!-~]+", token):
        raise ValueError(f"the token holds characters that no token has: {LOGIN}")
    return HfApi(token=token)


def _prepare(repo: str, private: bool, token: str | None) -> None:
    api = _api(token)
    api.whoami()
    api.create_repo(repo, private=private or None, exist_ok=True)
    # `create_repo` is content with somebody else's repository.
    api.auth_check(repo, write=True)
    if private and not api.model_info(repo, timeout=CHECK_SECONDS).private:
        raise ValueError("it exists and is public: make it private in its settings, or leave --private out")


def _commit(contents: dict[str, bytes], repo: str, token: str | None) -> tuple[str, bool]:
    """Upload what differs from the repository: the commit's address, and whether it is a new one."""
    api = _api(token)
    info = api.model_info(repo, files_metadata=True, timeout=CHECK_SECONDS)
    listed = {file.rfilename: file for file in info.siblings or ()}
    if all(name in listed and _is_content(listed[name], content) for name, content in contents.items()):
        return f"{api.endpoint}/{repo}/commit/{info.sha}", False
    operations = [CommitOperationAdd(name, content) for name, content in contents.items()]
    return api.create_commit(repo, operations, commit_message="Upload a trained bundle").commit_url, True


def _is_content(file: RepoSibling, content: bytes) -> bool:
    if file.lfs:
        return hashlib.sha256(content).hexdigest() == file.lfs.sha256
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == file.blob_id


def _download(repo: str, revision: str, timeout: float) -> Path:
    """The folder in the cache that holds the bundle's files, whole, of the commit that `revision` is now."""
    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=timeout)
    listed = {file.rfilename: file for file in info.siblings or ()}
    missing = [name for name in bundle.FILES if name not in listed]
    if missing:
        raise ValueError(f"the repository holds no {', '.join(missing)}, so it is no bundle")
    for name in bundle.FILES:
        for again in (False, True):
            path = Path(hf_hub_download(repo, name, revision=info.sha, etag_timeout=timeout, force_download=again))
            if _is_content(listed[name], path.read_bytes()):
                break
        else:
            # The client trusts whatever lies in the cache for good, so a damaged file must not stay there.
            path.resolve().unlink(missing_ok=True)
            raise ValueError(f"{name} arrived damaged, try again later")
    if revision != info.sha:
        # Last, so that it never points to half a bundle; a cache that is read-only serves all the same.
        with contextlib.suppress(OSError):
            write_text(path.parents[2] / "refs" / revision, info.sha)
    return path.parent


def _cached(repo: str, revision: str) -> Path | None:
    """The folder of an earlier, complete download."""
    found = [try_to_load_from_cache(repo, name, revision=revision) for name in bundle.FILES]
    return Path(found[0]).parent if all(isinstance(path, str) for path in found) else None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m siamese.bundle.hub", description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("push", help="upload a bundle in one commit")
    command.add_argument("folder", help="of the bundle, such as runs/base")
    command.add_argument("repo", metavar="USER/REPO", help="created if it isn't there")
    command.add_argument("--private", action="store_true", help="create it so that only you see it")
    command = commands.add_parser("pull", help="download a bundle into the cache, and check it")
    command.add_argument("repo", metavar="USER/REPO[@REVISION]")
    options = parser.parse_args(arguments)
    try:
        if options.command == "push":
            push(options.folder, options.repo, options.private)
        else:
            pulled = pull(options.repo, deadline=PUSH_SECONDS)
            bundle.load(pulled.folder)
            print(*filter(None, (pulled.problem, f"{pulled.name}: {pulled.folder}")), sep="\n")
    except ValueError as error:
        print(f"siamese.bundle.hub: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
