"""What `sgsync status` reads: the runs, and the matches that need somebody's attention."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from sgsync.database import tables as t
from sgsync.database.staffing import is_understaffed

# A week of cron's; whoever has not succeeded since has waited long enough to be found without counting.
NEWEST_RUNS = 2_016

SYNC = "import-all"
"""The command that cron runs."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run, as `sgsync.run` has it; `finished_at` is None while it runs, and for ever if it was killed."""

    id: int
    command: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    host: str


@dataclass(frozen=True, slots=True)
class TournamentRecord:
    """What the runs say of a tournament: of the newest one that dealt with it, and of those before."""

    tournament_id: int
    last_success: datetime | None
    failures_in_a_row: int
    problems: tuple[str, ...]
    held: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """What was imported into a tournament: episodes in all, still to come, and cancelled ones."""

    tournament_id: int
    episodes: int
    upcoming: int
    cancelled: int


@dataclass(frozen=True, slots=True)
class UpcomingMatch:
    """An imported match that is still to come, and how well its crew is staffed."""

    id: int
    episode_id: int
    tournament_id: int
    title: str | None
    scheduled_at: datetime
    is_cancelled: bool
    is_understaffed: bool
    commentators: int
    trackers: int
    approved_commentators: int
    approved_trackers: int

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "scheduled_at": self.scheduled_at.isoformat()}


@dataclass(frozen=True, slots=True)
class KeptEdit:
    """A local edit of an upcoming match that stayed although SpeedGaming changed the same thing."""

    episode_id: int
    match_id: int
    tournament_id: int
    what: str
    ours: str | None
    theirs: str | None


_RUN = (t.Run.id, t.Run.command, t.Run.started_at, t.Run.finished_at, t.Run.outcome, t.Run.host)


def last_run(connection: sa.Connection) -> RunRecord | None:
    """The newest run of any command."""
    row = connection.execute(select(*_RUN).order_by(t.Run.id.desc()).limit(1)).one_or_none()
    return RunRecord(*row) if row else None


# Whatever problems an episode of it had, the tournament as such was imported; but not where nothing could be
# made of any, as when the feed changes its form, or where the whole answer was not believed.
_SUCCEEDED = """(entry->'problems' = '[]' OR (entry->>'imported')::int + (entry->>'updated')::int
    + (entry->>'cancelled')::int + (entry->>'skipped')::int > 0)"""

_LAST_SYNC = sa.text(f"""
    SELECT id, command, started_at, finished_at, outcome, host FROM sgsync.run
    WHERE command = :command AND (outcome = 'ok' OR outcome = 'problems' AND EXISTS (
      SELECT FROM jsonb_array_elements(report->'tournaments') AS entry WHERE {_SUCCEEDED}))
    ORDER BY id DESC LIMIT 1
""")  # noqa: S608 - constants

_TOURNAMENTS = sa.text(f"""
    WITH newest AS (
      SELECT id, finished_at, report FROM sgsync.run
      WHERE command = :command AND report IS NOT NULL ORDER BY id DESC LIMIT :newest
    ), dealt_with AS (
      SELECT newest.id AS run_id, finished_at, entry, (entry->>'id')::int AS tournament_id, {_SUCCEEDED} AS succeeded
      FROM newest CROSS JOIN jsonb_array_elements(report->'tournaments') AS entry
    ), success AS (
      SELECT tournament_id, max(run_id) AS run_id, max(finished_at) AS finished_at
      FROM dealt_with WHERE succeeded GROUP BY tournament_id
    )
    SELECT DISTINCT ON (dealt_with.tournament_id)
      dealt_with.tournament_id, success.finished_at AS last_success,
      count(*) FILTER (WHERE success.run_id IS NULL OR dealt_with.run_id > success.run_id)
        OVER (PARTITION BY dealt_with.tournament_id) AS failures_in_a_row,
      entry->'problems' AS problems, coalesce(entry->'held', '[]') AS held
    FROM dealt_with LEFT JOIN success USING (tournament_id)
    ORDER BY dealt_with.tournament_id, dealt_with.run_id DESC
""")  # noqa: S608


def last_sync(connection: sa.Connection) -> RunRecord | None:
    """The newest run of cron's command that came to its end and imported something, if there was anything to."""
    row = connection.execute(_LAST_SYNC, {"command": SYNC}).one_or_none()
    return RunRecord(*row) if row else None


def tournament_records(connection: sa.Connection) -> dict[int, TournamentRecord]:
    """What the newest runs of cron's command say, by tournament id. An import by hand proves nothing of it."""
    rows = connection.execute(_TOURNAMENTS, {"command": SYNC, "newest": NEWEST_RUNS})
    return {
        row.tournament_id: TournamentRecord(
            row.tournament_id,
            row.last_success,
            row.failures_in_a_row,
            tuple(row.problems),
            tuple(row.held),
        )
        for row in rows
    }


def totals(connection: sa.Connection, now: datetime) -> dict[int, Totals]:
    is_cancelled = t.Episode.state == "cancelled"
    counted = select(
        t.Episode.tournament_id,
        func.count(),
        func.count().filter(t.Match.scheduled_at >= now, ~is_cancelled),
        func.count().filter(is_cancelled),
    ).outerjoin(t.Match, t.Match.id == t.Episode.match_id)
    rows = connection.execute(counted.group_by(t.Episode.tournament_id))
    return {row.tournament_id: Totals(*row) for row in rows}


def upcoming_matches(connection: sa.Connection, now: datetime) -> Sequence[UpcomingMatch]:
    """The imported matches that are still to come, in the order of their start."""

    def crew(role: str, *approved: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return func.count().filter(t.Crew.role == role, *approved)

    upcoming = (
        select(
            t.Match.id,
            t.Episode.episode_id,
            t.Match.tournament_id,
            t.Match.title,
            t.Match.scheduled_at,
            (t.Episode.state == "cancelled").label("is_cancelled"),
            is_understaffed(now).label("is_understaffed"),
            crew("commentator").label("commentators"),
            crew("tracker").label("trackers"),
            crew("commentator", t.Crew.approved.is_(True)).label("approved_commentators"),
            crew("tracker", t.Crew.approved.is_(True)).label("approved_trackers"),
        )
        .join(t.Episode, t.Episode.match_id == t.Match.id)
        .join(t.Tournament, t.Tournament.id == t.Match.tournament_id)
        .outerjoin(t.Crew, t.Crew.match_id == t.Match.id)
        .where(t.Match.scheduled_at >= now, t.Match.finished_at.is_(None))
        .group_by(t.Match.id, t.Episode.episode_id, t.Tournament.id)
        .order_by(t.Match.scheduled_at, t.Match.id)
    )
    return tuple(UpcomingMatch(**row) for row in connection.execute(upcoming).mappings())


# A field that agrees again is no conflict any more; what is kept of a person or a match is no field.
_STILL_DIFFERS = sa.case(
    (t.Change.what == "time", t.Episode.scheduled_at.is_distinct_from(t.Match.scheduled_at)),
    (t.Change.what == "title", t.Episode.title.is_distinct_from(t.Match.title)),
    (t.Change.what == "channel", t.Episode.stream_channel_id.is_distinct_from(t.Match.stream_channel_id)),
    (t.Change.what == "tournament", t.Episode.tournament_id != t.Match.tournament_id),
    else_=sa.false(),
)

# The history knows people by the names that they had; what was said of them names their ids.
_KEPT_PEOPLE = sa.text("""
    WITH disputed AS (
      SELECT episode.episode_id, "match".id AS match_id, "match".tournament_id,
        split_part(topic, ' ', 2) AS role, split_part(topic, ' ', 3)::bigint AS told_of
      FROM sgsync.episode JOIN "match" ON "match".id = episode.match_id
        CROSS JOIN jsonb_object_keys(episode.told) AS topic
      WHERE topic ~ '^kept [a-z]+ [0-9]+$' AND episode.state = 'active'
        AND "match".scheduled_at >= :now AND "match".finished_at IS NULL
    ), ours AS (
      SELECT match_id, 'player' AS role, user_id, NULL AS approved FROM matchplayers
      UNION ALL SELECT match_id, role, user_id, approved FROM crew
    )
    SELECT DISTINCT disputed.episode_id, disputed.match_id, disputed.tournament_id,
      disputed.role || ' ' || coalesce(users.display_name, users.discord_username) AS what,
      CASE WHEN theirs.user_id IS NULL THEN 'listed'
        WHEN ours.approved THEN 'approved' ELSE 'not approved' END AS ours,
      CASE WHEN theirs.user_id IS NULL THEN 'not listed'
        WHEN theirs.approved THEN 'approved' ELSE 'not approved' END AS theirs
    FROM disputed
      LEFT JOIN sgsync.link ON link.placeholder_id = disputed.told_of
      JOIN users ON users.id = coalesce(link.user_id, disputed.told_of)
      JOIN ours ON ours.match_id = disputed.match_id AND ours.role = disputed.role AND ours.user_id = users.id
      LEFT JOIN sgsync.signup AS theirs ON theirs.episode_id = disputed.episode_id
        AND theirs.role = disputed.role AND theirs.user_id = users.id AND theirs.feed_ids <> '{}'
    WHERE theirs.user_id IS NULL OR theirs.approved <> ours.approved
    ORDER BY episode_id, what
""")


def kept_edits(connection: sa.Connection, now: datetime) -> Sequence[KeptEdit]:
    """The local edits of upcoming matches that SpeedGaming disagrees with, by episode."""
    people = connection.execute(_KEPT_PEOPLE, {"now": now}).mappings()
    edits = [KeptEdit(**row) for row in (*_kept_fields(connection, now), *people)]
    return sorted(edits, key=lambda edit: edit.episode_id)


def _kept_fields(connection: sa.Connection, now: datetime) -> Sequence[sa.RowMapping]:
    kept = (
        select(
            t.Change.episode_id,
            t.Match.id.label("match_id"),
            t.Match.tournament_id,
            t.Change.what,
            t.Change.before.label("ours"),
            t.Change.after.label("theirs"),
        )
        .ext(distinct_on(t.Change.episode_id, t.Change.what))
        .join(t.Episode, t.Episode.episode_id == t.Change.episode_id)
        .join(t.Match, t.Match.id == t.Episode.match_id)
        .where(t.Change.kind == "kept", _STILL_DIFFERS)
        .where(t.Match.scheduled_at >= now, t.Match.finished_at.is_(None), t.Episode.state == "active")
        .order_by(t.Change.episode_id, t.Change.what, t.Change.id.desc())
    )
    return connection.execute(kept).mappings().all()
