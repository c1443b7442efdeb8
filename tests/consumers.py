"""A check written from consumers.md: what the application's own code relies on, over a whole database.

Each rule is a query for the rows that break it. Nothing here knows how the import works.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]

_BREACHES = {
    "an unknown role breaks the whole organization's schedule page": """
        SELECT id, role FROM crew WHERE role NOT IN ('commentator', 'tracker', 'restreamer')
    """,
    "a second membership locks a user out": """
        SELECT organization_id, user_id FROM organizationmember GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "one registration per user and tournament": """
        SELECT tournament_id, user_id FROM tournamentplayers GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "one roster row per match and user": """
        SELECT match_id, user_id FROM matchplayers GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "one crew row per match, user and role": """
        SELECT match_id, user_id, role FROM crew GROUP BY 1, 2, 3 HAVING count(*) > 1
    """,
    "a player without a registration is missing in the tournament's list": """
        SELECT m.id, p.user_id FROM "match" m JOIN matchplayers p ON p.match_id = m.id
        WHERE m.speedgaming_episode_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM tournamentplayers r WHERE r.tournament_id = m.tournament_id AND r.user_id = p.user_id)
    """,
    "whoever is in an imported match is a member of its organization": """
        SELECT m.id, someone.user_id FROM "match" m JOIN tournament t ON t.id = m.tournament_id
        JOIN (SELECT match_id, user_id FROM matchplayers UNION SELECT match_id, user_id FROM crew) someone
            ON someone.match_id = m.id
        WHERE m.speedgaming_episode_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM organizationmember o
            WHERE o.organization_id = t.organization_id AND o.user_id = someone.user_id)
    """,
    "no Discord id twice": """
        SELECT discord_id FROM users WHERE discord_id <> 0 GROUP BY 1 HAVING count(*) > 1
    """,
    "no placeholder twice": """
        SELECT discord_username FROM users WHERE is_placeholder GROUP BY 1 HAVING count(*) > 1
    """,
    "a placeholder has no Discord id, and everybody else has one": """
        SELECT id FROM users WHERE is_placeholder = (coalesce(discord_id, 0) <> 0)
    """,
    "everybody has a name to show": """
        SELECT id FROM users WHERE coalesce(nullif(display_name, ''), nullif(discord_username, '')) IS NULL
    """,
    "no episode twice": """
        SELECT speedgaming_episode_id FROM "match" WHERE speedgaming_episode_id IS NOT NULL
        GROUP BY 1 HAVING count(*) > 1
    """,
    "an imported match has a time, a comment and a truthy episode id": """
        SELECT id FROM "match" WHERE speedgaming_episode_id IS NOT NULL AND (
            scheduled_at IS NULL OR speedgaming_episode_id <= 0 OR comment IS DISTINCT FROM
            'Imported from SpeedGaming (Episode ' || speedgaming_episode_id || ')')
    """,
    "a match and its channel belong to one organization": """
        SELECT m.id FROM "match" m JOIN tournament t ON t.id = m.tournament_id
        JOIN streamchannel c ON c.id = m.stream_channel_id
        WHERE m.speedgaming_episode_id IS NOT NULL AND c.organization_id <> t.organization_id
    """,
    "only race events set a match's states": """
        SELECT id FROM "match" WHERE speedgaming_episode_id IS NOT NULL
        AND num_nonnulls(checked_in_at, started_at, finished_at, confirmed_at) > 0
    """,
}

_AUDIT_BREACHES = {
    "the sync history belongs to an organization and to no user": """
        SELECT id FROM audit_logs
        WHERE action = 'speedgaming_sync' AND (organization_id IS NULL OR user_id IS NOT NULL)
    """,
    "the sync history's details have their keys and no other": """
        SELECT id, details FROM audit_logs WHERE action = 'speedgaming_sync' AND array(
            SELECT jsonb_object_keys(details) ORDER BY 1) IS DISTINCT FROM
            '{deleted,duration_ms,error,imported,success,tournament_id,updated}'::text[]
    """,
    "the sync history's numbers are numbers": """
        SELECT id, details FROM audit_logs, unnest(
            '{tournament_id,imported,updated,deleted,duration_ms}'::text[]) AS key
        WHERE action = 'speedgaming_sync' AND jsonb_typeof(details -> key) IS DISTINCT FROM 'number'
    """,
    "the sync history says whether it went well, and what went wrong if not": """
        SELECT id, details FROM audit_logs WHERE action = 'speedgaming_sync' AND (
            jsonb_typeof(details -> 'success') IS DISTINCT FROM 'boolean'
            OR jsonb_typeof(details -> 'error') IS DISTINCT FROM
               CASE WHEN (details ->> 'success')::boolean THEN 'null' ELSE 'string' END)
    """,
    "the sync history names a tournament of its organization": """
        SELECT a.id FROM audit_logs a WHERE action = 'speedgaming_sync' AND NOT EXISTS (
            SELECT FROM tournament t WHERE t.id = (a.details ->> 'tournament_id')::int
            AND t.organization_id = a.organization_id)
    """,
}

# Notes each UPDATE that sgsync makes of a table with `updated_at`, and whether it moved.
_WATCH = """
    CREATE SCHEMA watch;
    CREATE TABLE watch.updates (relation regclass, id int, moved boolean);
    CREATE FUNCTION watch.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('application_name') = 'sgsync' THEN
                INSERT INTO watch.updates VALUES (TG_RELID, NEW.id, NEW.updated_at > OLD.updated_at);
            END IF;
            RETURN NULL;
        END
    $$;
    DO $$
        DECLARE relation regclass;
        BEGIN
            FOR relation IN
                SELECT format('public.%I', table_name)::regclass FROM information_schema.columns
                WHERE table_schema = 'public' AND column_name = 'updated_at'
            LOOP
                EXECUTE format('CREATE TRIGGER watch AFTER UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION watch.note()',
                    relation);
            END LOOP;
        END
    $$;
"""


def watch_updates(connection: Connection) -> None:
    """From now on, note sgsync's updates in this database, for `check_consumers`."""
    connection.execute(_WATCH)


def check_consumers(connection: Connection, episodes: Iterable[Any] = ()) -> None:
    """Assert that the application can read what stands there; `episodes` are the feed's, as wire JSON."""
    breaches = dict(_BREACHES)
    if _has_table(connection, "audit_logs"):
        breaches |= _AUDIT_BREACHES
    if _has_table(connection, "watch.updates"):
        breaches["an update sets updated_at"] = "SELECT relation::text, id FROM watch.updates WHERE NOT moved"
    for rule, query in breaches.items():
        found = connection.execute(query.encode()).fetchall()
        assert not found, f"{rule}: {found}"
    _check_race_starts(connection, episodes)


def _has_table(connection: Connection, name: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    return bool(found and found[0])


def _check_race_starts(connection: Connection, episodes: Iterable[Any]) -> None:
    """Rooms open some minutes before `scheduled_at`: it is the race's start, not the broadcast's."""
    starts: dict[int, set[datetime]] = {}
    for episode in filter(_has_time, episodes):
        starts.setdefault(int(episode["id"]), set()).add(_race_start(episode))
    imported = connection.execute(
        'SELECT speedgaming_episode_id, scheduled_at FROM "match" WHERE speedgaming_episode_id = ANY(%s)',
        [list(starts)],
    )
    for episode_id, scheduled_at in imported:
        assert scheduled_at.astimezone(UTC) in starts[episode_id], f"episode {episode_id}: {scheduled_at}"


def _has_time(episode: Any) -> bool:
    try:
        return 0 < int(episode["id"]) < 2**31 and _race_start(episode).tzinfo is not None
    except (TypeError, KeyError, ValueError, OverflowError):
        return False


def _race_start(episode: Any) -> datetime:
    return datetime.fromisoformat(episode.get("whenCountdown") or episode["when"]).astimezone(UTC)
