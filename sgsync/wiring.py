"""Where the parts are put together: the settings' database, the settings' feed, the clock."""

from datetime import UTC, datetime

from sgsync.database.engine import Database
from sgsync.fetch.client import SpeedGaming
from sgsync.fetch.deadline import Deadline
from sgsync.settings import FeedSettings, Settings


def now() -> datetime:
    """The only look at the calendar in sgsync."""
    return datetime.now(UTC)


def open_feed(settings: FeedSettings) -> SpeedGaming:
    """A client of the feed whose deadline starts now."""
    return SpeedGaming(
        settings.api_url, request_interval=settings.request_interval, deadline=Deadline(settings.deadline)
    )


def open_database(settings: Settings) -> Database:
    return Database(settings.database_url.get_secret_value())
