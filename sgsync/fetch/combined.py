"""All events' schedules out of one request, and whether that says the same as one request for each.

Nobody has shown that SpeedGaming answers such a request in full. So an event that is absent from the answer
is asked for by itself, and `compare_feeds` looks closer before somebody turns this on.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from sgsync.errors import FeedError, UnknownToFeedError
from sgsync.fetch.answers import Schedule
from sgsync.fetch.client import SpeedGaming
from sgsync.fetch.window import Window
from sgsync.text import counted

log = logging.getLogger(__name__)


class CombinedSchedules:
    """The schedules of one event after the other; the request for all is made when the first is wanted."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._found: dict[str, Schedule] | None = None

    def schedule_of(self, feed: SpeedGaming, slug: str) -> Schedule:
        """The event's schedule, once. Raises as `SpeedGaming.get_upcoming_episodes_by_event` does."""
        if self._found is None:
            self._found = self._ask(feed)
        return self._found.pop(slug, None) or _own(feed, slug, self._window)

    def _ask(self, feed: SpeedGaming) -> dict[str, Schedule]:
        try:
            return feed.get_upcoming_episodes(since=self._window.since, until=self._window.until)
        except (FeedError, UnknownToFeedError) as error:
            log.info("The schedules cannot be had in one request, so each is asked for by itself: %s", error)
            return {}


@dataclass(frozen=True, slots=True)
class FeedComparison:
    """What one request for all events says of some of them, beside each one's own answer.

    The slugs of the events that are the `same` both ways, `absent` from the combined answer, or `different`
    in it. `problem` is why there is no combined answer, if there is none.
    """

    same: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def is_safe(self) -> bool:
        """Whether SGSYNC_FEED=combined imports the same."""
        return self.problem is None and not self.different

    @property
    def sentence(self) -> str:
        if self.problem:
            return f"SpeedGaming does not give all schedules in one request; leave SGSYNC_FEED alone. {self.problem}"
        if self.different:
            return (
                f"In one request for all, SpeedGaming says something else of {', '.join(self.different)}:"
                " leave SGSYNC_FEED alone. If the schedule has changed just now, compare again."
            )
        if not self.same:
            return "One request for all events says nothing of these: SGSYNC_FEED=combined is harmless, and saves nothing."
        asked_for = len(self.same) + len(self.absent)
        needed = counted(1 + len(self.absent), "request")
        absent = f" ({', '.join(self.absent)} would be asked for separately)" if self.absent else ""
        return (
            "SpeedGaming says the same in one request for all events, so SGSYNC_FEED=combined is safe here:"
            f" {needed} a run instead of {asked_for}{absent}."
        )


def compare_feeds(feed: SpeedGaming, slugs: Iterable[str], window: Window) -> FeedComparison:
    """Ask for the schedules of `slugs` both ways. Raises FeedError where an event's own answer fails."""
    try:
        combined = feed.get_upcoming_episodes(since=window.since, until=window.until)
    except (FeedError, UnknownToFeedError) as error:
        return FeedComparison(problem=str(error))
    same, absent, different = [], [], []
    for slug in dict.fromkeys(slugs):
        if slug not in combined:
            absent.append(slug)
        elif _says_the_same(combined[slug], _own(feed, slug, window)):
            same.append(slug)
        else:
            different.append(slug)
    return FeedComparison(tuple(same), tuple(absent), tuple(different))


def _own(feed: SpeedGaming, slug: str, window: Window) -> Schedule:
    return feed.get_upcoming_episodes_by_event(slug, since=window.since, until=window.until)


def _says_the_same(one: Schedule, other: Schedule) -> bool:
    """Whether both list the same episodes, in whatever order, and refuse the same ones."""
    return _content(one) == _content(other)


def _content(schedule: Schedule) -> tuple[object, object]:
    rejected = {(entry.episode_id, entry.reason) for entry in schedule.rejected}
    return {episode.id: episode for episode in schedule.episodes}, rejected
