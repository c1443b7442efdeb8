"""Every error that sgsync raises on purpose.

One root. Each class knows the exit code of the process that ends with it; its message is a
sentence for the person who reads it and says what to do. Messages never hold secrets.
"""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from sgsync.report import RunReport


INTERRUPTED = 130
"""The exit code of Ctrl-C and SIGTERM, as Typer has it. That is no error, and has no class."""


class SgsyncError(Exception):
    """Something went wrong that a person should read about."""

    exit_code: ClassVar[int] = 1


class UsageError(SgsyncError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class NoTournamentError(UsageError):
    """There is no tournament with that id."""

    def __init__(self, tournament_id: int) -> None:
        super().__init__(f"There is no tournament {tournament_id}: `sgsync tournaments` lists them.")


class MergeConflictError(SgsyncError):
    """A placeholder and a user cannot become one as things stand. Nothing was changed."""


class MergeOutdatedError(MergeConflictError):
    """One of the two is not any more what it was when the merge was decided."""


class ConfigurationError(SgsyncError):
    """A setting is missing or wrong. The message lists every fault at once."""

    exit_code = 3


class DatabaseError(SgsyncError):
    """The database cannot be used. `report` is what a run had done until then."""

    exit_code = 4
    report: "RunReport | None" = None


class DatabaseUnreachableError(DatabaseError):
    """No connection, or it was lost, or it does not answer in time."""


class NotMigratedError(DatabaseError):
    """The database lacks the tables of this version."""


class DatabaseRefusedError(DatabaseError):
    """The database answered, and refused what was asked (rights, a read-only server, a full disk)."""


class FeedError(SgsyncError):
    """SpeedGaming gave no usable answer: a failed fetch, never "no episodes"."""

    exit_code = 5


class FeedUnreachableError(FeedError):
    """Connection refused, timed out, reset, or answered with an error status."""


class FeedUnreadableError(FeedError):
    """An answer came, but it is not what the feed sends (HTML, broken JSON, too large)."""


class UnknownToFeedError(SgsyncError):
    """SpeedGaming answered, and knows no such event or episode."""
