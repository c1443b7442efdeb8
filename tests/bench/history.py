"""A database that is years old: matches, rosters, people, and what sgsync remembers of them."""

from typing import Any

import psycopg

# Organization 1 and tournament 1 are there. To each match four players and one of the crew.
_YEARS = """
INSERT INTO users (discord_id, discord_username, display_name, is_placeholder)
  SELECT CASE WHEN n % 4 = 0 THEN 0 ELSE 400000000000000000 + n END,
    CASE WHEN n % 4 = 0 THEN 'sg_' || 200000000 + n ELSE 'old' || n END, 'Old ' || n, n % 4 = 0
  FROM generate_series(1, {matches}) AS n;
INSERT INTO tournament (name, organization_id) SELECT 'Old ' || n, 1 FROM generate_series(1, 500) AS n;
CREATE TEMP TABLE aged AS
  SELECT n, (SELECT min(id) FROM tournament WHERE name = 'Old 1') + n % 500 AS tournament_id,
    (SELECT min(id) FROM users WHERE discord_username = 'old1') + n % {matches} AS user_id
  FROM generate_series(0, {matches} - 1) AS n;
INSERT INTO organizationmember (organization_id, user_id) SELECT 1, user_id FROM aged;
INSERT INTO tournamentplayers (tournament_id, user_id) SELECT tournament_id, user_id FROM aged;
INSERT INTO "match" (tournament_id, scheduled_at, title, speedgaming_episode_id)
  SELECT tournament_id, now() - make_interval(mins => n), 'Old ' || n, 100000000 + n FROM aged;
INSERT INTO matchplayers (match_id, user_id)
  SELECT "match".id, (SELECT min(user_id) FROM aged) + (n * 4 + seat) % {matches}
  FROM aged JOIN "match" ON speedgaming_episode_id = 100000000 + n, generate_series(1, 4) AS seat;
INSERT INTO crew (match_id, user_id, role, approved)
  SELECT "match".id, user_id, 'tracker', true FROM aged JOIN "match" ON speedgaming_episode_id = 100000000 + n;
INSERT INTO sgsync.episode (episode_id, tournament_id, match_id, scheduled_at, title)
  SELECT speedgaming_episode_id, tournament_id, id, scheduled_at, title FROM "match"
  WHERE speedgaming_episode_id >= 100000000;
INSERT INTO sgsync.signup (episode_id, role, user_id, feed_ids, approved)
  SELECT DISTINCT speedgaming_episode_id, 'player', user_id, ARRAY[1], false
  FROM matchplayers JOIN "match" ON "match".id = match_id WHERE speedgaming_episode_id >= 100000000;
INSERT INTO sgsync.alias (kind, value, user_id)
  SELECT kind, lower(kind || user_id), user_id FROM aged, unnest(ARRAY['player', 'tag']) AS kind;
INSERT INTO sgsync.change (episode_id, kind) SELECT episode_id, 'imported' FROM sgsync.episode;
INSERT INTO sgsync.run (command, host, outcome, report)
  SELECT 'import-all', 'here', 'ok', jsonb_build_object('tournaments', ARRAY[]::int[]) FROM generate_series(1, 20000);
DROP TABLE aged;
VACUUM ANALYZE;
"""


def fill(connection: psycopg.Connection[Any], matches: int) -> None:
    """Put the years into a database in which organization 1 is."""
    for statement in _YEARS.format(matches=matches).split(";\n"):
        connection.execute(statement.encode())
