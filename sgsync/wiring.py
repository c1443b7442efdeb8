"""Where the parts are put together: the settings' database, the settings' feed, the clock."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sgsync.settings import FeedSettings, Settings

if TYPE_CHECKING:
    from sgsync.database.engine import Database
    from sgsync.fetch.client import SpeedGaming


def now() -> datetime:
    """The only look at the calendar in sgsync."""
    return datetime.now(UTC)


def open_feed(settings: FeedSettings) -> "SpeedGaming":
    """A client of the feed whose deadline starts now."""
    from sgsync.fetch.client import SpeedGaming  # noqa: PLC0415 - half of the commands do without HTTP
    from sgsync.fetch.deadline import Deadline  # noqa: PLC0415

    return SpeedGaming(
        settings.api_url, request_interval=settings.request_interval, deadline=Deadline(settings.deadline)
    )


def open_database(settings: Settings) -> "Database":
    from sgsync.database.engine import Database  # noqa: PLC0415 - and some without the database

    return Database(settings.database_url.get_secret_value())
