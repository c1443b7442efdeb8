"""Where the parts are put together: the settings' database, the settings' feed, the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sgsync.fetch.window import Window
from sgsync.plan.options import PlanOptions
from sgsync.settings import FeedSettings, OnCancel, Settings

if TYPE_CHECKING:
    from sgsync.database.engine import Database
    from sgsync.fetch.client import SpeedGaming


def now() -> datetime:
    return datetime.now(UTC)


def usual_window(settings: FeedSettings) -> Window:
    """The window that an import asks for at this moment."""
    moment = now()
    return Window(moment - settings.window_past, moment + settings.window_future)


def plan_options(settings: Settings) -> PlanOptions:
    """What the settings have to say about a plan."""
    return PlanOptions(
        channel_language=settings.channel_language,
        update=settings.update,
        match_tags=settings.match_tags,
        delete_cancelled=settings.on_cancel is OnCancel.DELETE,
        auto_finish=settings.auto_finish,
    )


def open_feed(settings: FeedSettings, too_late: str | None = None) -> "SpeedGaming":
    """A client of the feed whose deadline starts now; `too_late` tells people that it has passed."""
    from sgsync.fetch.client import SpeedGaming  # noqa: PLC0415 - half of the commands do without HTTP
    from sgsync.fetch.deadline import Deadline  # noqa: PLC0415

    deadline = Deadline(settings.deadline, sentence=too_late) if too_late else Deadline(settings.deadline)
    return SpeedGaming(settings.api_url, request_interval=settings.request_interval, deadline=deadline)


def open_database(settings: Settings) -> "Database":
    from sgsync.database.engine import Database  # noqa: PLC0415 - and some without the database

    return Database(settings.database_url.get_secret_value())


@contextmanager
def migrated_database(settings: Settings) -> Iterator["Database"]:
    """The settings' database with the tables that this version needs. Raises DatabaseError where it has not."""
    with open_database(settings) as database:
        database.require_migrated()
        yield database
