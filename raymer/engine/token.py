"""The token that Ray's processes know each other by: made here for its owner alone, before Ray makes one for all.

Ray writes a new token with the mode that files have by default, which on most machines everyone may read.
"""

import logging
import os
import secrets
from pathlib import Path

from raymer.errors import RaymerError

_logger = logging.getLogger("raymer")
OWNER_ONLY = 0o600


def token_path() -> Path:
    """Return where Ray looks for the token: RAY_AUTH_TOKEN_PATH, or ~/.ray/auth_token."""
    said = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return Path(said).expanduser() if said else Path.home() / ".ray" / "auth_token"


def keep_token(*, make: bool) -> None:
    """Take the rights of others off the token's file, and make one where there is none and `make` says so.

    Nothing is done where the token stands in RAY_AUTH_TOKEN, or Ray is told to do without.

    Raises
    ------
    RaymerError
        When the file cannot be made or its mode cannot be changed.
    """
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_MODE", "token").lower() != "token":
        return
    path = token_path()
    try:
        if path.is_file():
            _tighten(path)
        elif make and not os.environ.get("RAY_AUTH_TOKEN_PATH"):
            _make(path)
    except OSError as error:
        raise RaymerError(f"Ray's token {path} cannot be kept from others: {error.strerror or error}") from error


def _tighten(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        path.chmod(OWNER_ONLY)
        _logger.warning(
            "Ray's token %s could be read by others: its mode is 600 now; if this machine has other users, delete it "
            "and start what uses it anew",
            path,
        )


def _make(path: Path) -> None:
    """Write a new token, whole, unless another process has just done so."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(temporary, path)
        except FileExistsError:
            _tighten(path)
    finally:
        temporary.unlink(missing_ok=True)
