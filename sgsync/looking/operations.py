"""Asking the feed, and nothing else."""

from dataclasses import dataclass

from sgsync.errors import UsageError
from sgsync.fetch.answers import Schedule, read_schedule
from sgsync.fetch.client import schedule_query
from sgsync.fetch.window import Window
from sgsync.settings import FeedSettings, load_settings
from sgsync.wiring import open_feed, usual_window


@dataclass(frozen=True, slots=True)
class Looked:
    """An answer: the feed's own JSON, decoded, and what it holds."""

    payload: object
    schedule: Schedule


def look_at_event(slug: str, window: Window | None = None, *, settings: FeedSettings | None = None) -> Looked:
    """An event's schedule within `window`, or that of the settings.

    Raises FeedError, UnknownToFeedError, and UsageError for a window that ends before it begins.
    """
    settings = settings or load_settings(FeedSettings)
    window = window or usual_window(settings)
    if window.until <= window.since:
        raise UsageError("The window ends before it begins: --from must be earlier than --to.")
    with open_feed(settings) as feed:
        payload = feed.ask("schedule", schedule_query(slug, window.since, window.until))
    return Looked(payload, read_schedule(payload))


def look_at_episode(episode_id: int, *, settings: FeedSettings | None = None) -> Looked:
    """One episode, also a malformed one. Raises FeedError, UnknownToFeedError."""
    with open_feed(settings or load_settings(FeedSettings)) as feed:
        payload = feed.ask("episode", {"id": str(episode_id)})
    return Looked(payload, read_schedule([payload]))
