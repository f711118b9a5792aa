"""Push a bundle to the Hugging Face Hub, and pull one.

What is pulled is a fixed list of files at one commit, each checked against the hash that the Hub lists for it; nothing
else is ever downloaded. The Hub's client may wait for minutes or for ever, and no setting of its own limits that, so
whatever talks to the Hub has a deadline.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi, get_token, hf_hub_download, try_to_load_from_cache
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import HFValidationError, validate_repo_id

from siamese.bundle.deadline import within
from siamese.bundle.files import write_text
from siamese.bundle.format import ALL_FILES, bundle_card, files_of, load, missing_files
from siamese.bundle.hub_errors import LOGIN, explain, first_line

CHECK_SECONDS = 10.0  # for four small requests
TRANSFER_SECONDS = 600.0  # for 8 MB over a slow line
PORTION = 2**20  # bytes of a file that are hashed at a time
BYTES_A_SECOND = 1_000_000  # of what is larger: a large gallery has more time


@dataclass(frozen=True)
class Pulled:
    """A bundle in the local cache.

    Attributes:
        folder: that holds its files.
        name: "user/repo@commit".
        problem: why an earlier download is used; "" where the files are those that the Hub has now.
    """

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
        within(CHECK_SECONDS, _prepare, repo, private, token)
    except Exception as error:
        raise ValueError(f"Cannot push to {repo}: {explain(error)}.") from error


def push(folder: str | Path, repo: str, private: bool = False, token: str | None = None) -> str:
    """Upload a bundle in one commit, its model card made out to `repo`; the folder itself is left as it is.

    Returns:
        The commit's address; if the repository holds this very bundle already, that of its newest commit.

    Raises:
        ValueError: the folder holds no valid bundle, or the push failed; then the message says how to try again.
    """
    folder = Path(folder)
    _check_name(repo)
    bundle = load(folder)
    contents: dict[str, bytes | Path] = {
        name: folder / name for name in files_of(sorted(path.name for path in folder.iterdir()))
    }
    seconds = TRANSFER_SECONDS + sum((folder / name).stat().st_size for name in contents) / BYTES_A_SECOND
    try:
        contents["README.md"] = bundle_card(bundle, repo).encode()
    except ValueError as error:
        raise ValueError(f"{folder / 'metrics.json'} lacks what the model card shows: {error}.") from error
    try:
        within(CHECK_SECONDS, _prepare, repo, private, token)
        address, changed = within(seconds, _commit, contents, repo, token)
    except Exception as error:
        again = shlex.join(["python", "-m", "siamese", "push", str(folder), repo, *["--private"] * private])
        whole = f"The bundle in {folder} is whole; to try again: {again}"
        raise ValueError(f"The push to {repo} failed: {explain(error)}. {whole}") from error
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
        folder, problem = within(deadline, _download, repo, revision, deadline), ""
    except Exception as error:
        problem = f"{repo}@{revision} did not come from the Hub: {explain(error)}."
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


def _commit(contents: dict[str, bytes | Path], repo: str, token: str | None) -> tuple[str, bool]:
    """Upload what differs from the repository: the commit's address, and whether it is a new one."""
    api = _api(token)
    info = api.model_info(repo, files_metadata=True, timeout=CHECK_SECONDS)
    listed = {file.rfilename: file for file in info.siblings or ()}
    if all(name in listed and _is_content(listed[name], content) for name, content in contents.items()):
        return f"{api.endpoint}/{repo}/commit/{info.sha}", False
    operations = [CommitOperationAdd(name, content) for name, content in contents.items()]
    return api.create_commit(repo, operations, commit_message="Upload a trained bundle").commit_url, True


def _is_content(file: RepoSibling, content: bytes | Path) -> bool:
    """Whether bytes, or those of a local file, are what the Hub lists; of a large file never all are in memory."""
    listed: str | None
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if file.lfs:
        digest, listed = hashlib.sha256(), file.lfs.sha256
    else:
        digest, listed = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), file.blob_id
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as stream:
        while block := stream.read(PORTION):
            digest.update(block)
    return digest.hexdigest() == listed


def _download(repo: str, revision: str, timeout: float) -> Path:
    """The folder in the cache that holds the bundle's files, whole, of the commit that `revision` is now."""
    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=timeout)
    listed = {file.rfilename: file for file in info.siblings or ()}
    missing = missing_files(listed)
    if missing:
        raise ValueError(f"the repository holds no {', '.join(missing)}, so it is no bundle")
    for name in files_of(listed):
        for again in (False, True):
            path = Path(hf_hub_download(repo, name, revision=info.sha, etag_timeout=timeout, force_download=again))
            if _is_content(listed[name], path):
                break
        else:
            # The client trusts whatever lies in the cache for good, so a damaged file must not stay there.
            path.resolve().unlink(missing_ok=True)
            raise ValueError(f"{name} arrived damaged, try again later")
    if info.sha and revision != info.sha:
        # Last, so that it never points to half a bundle; a cache that is read-only serves all the same.
        with contextlib.suppress(OSError):
            write_text(path.parents[2] / "refs" / revision, info.sha)
    return path.parent


def _cached(repo: str, revision: str) -> Path | None:
    """The folder of an earlier, complete download."""
    paths = {name: try_to_load_from_cache(repo, name, revision=revision) for name in ALL_FILES}
    found = {name: path for name, path in paths.items() if isinstance(path, str)}
    return Path(found["config.json"]).parent if not missing_files(found) else None
