"""The two ways raymer refuses: the call was wrong, or the work failed."""


class RaymerError(Exception):
    """Work that could not be done; one line that names the thing and what to do (exit code 1)."""

    exit_code = 1


class UsageError(RaymerError):
    """A call that cannot be meant: a missing folder, an unknown name, a misspelt key (exit code 2)."""

    exit_code = 2
