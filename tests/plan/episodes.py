"""Episodes as values, what is heard of them, and plans for them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sgsync.fetch.answers import read_episode
from sgsync.fetch.window import Window
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Plan, Skip
from sgsync.plan.heard import Heard
from sgsync.plan.options import PlanOptions
from sgsync.plan.planner import make_plan
from sgsync.snapshot.values import Snapshot
from tests.feed_json import Json, make_episode
from tests.snapshots import START, make_snapshot

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(hours=2), NOW + timedelta(days=30))


def episode(
    episode_id: int = 75000, *players: Json, start: datetime = START, **fields: Any
) -> SpeedGamingEpisode:
    """An episode whose race and broadcast start together."""
    times = {"when": start.isoformat(), "whenCountdown": start.isoformat()}
    return read_episode(make_episode(episode_id, *players, **{**times, **fields}))


def hear(*episodes: SpeedGamingEpisode, malformed: Iterable[int] = (), window: Window | None = None) -> Heard:
    """These episodes, and others that cannot be read: all of a `window`, or just some."""
    return Heard(episodes, frozenset({*(each.id for each in episodes), *malformed}), window)


def plan_for(*episodes: SpeedGamingEpisode, snapshot: Snapshot | None = None, **options: Any) -> Plan:
    return make_plan(hear(*episodes), snapshot or make_snapshot(), PlanOptions(**options), NOW)


def only_skip(plan: Plan) -> Skip:
    """The one skip of a plan that does nothing else."""
    assert plan.is_empty
    (skip,) = plan.skips
    return skip
