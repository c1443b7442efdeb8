"""sgsync's own tables; sgsync/database/tables.py tells what they mean."""

from textwrap import dedent

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS sgsync.episode (
      episode_id int PRIMARY KEY,
      tournament_id int NOT NULL REFERENCES tournament ON DELETE CASCADE,
      match_id int UNIQUE REFERENCES "match" ON DELETE SET NULL,
      state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'cancelled')),
      scheduled_at timestamptz,
      title varchar(255),
      stream_channel_id int,
      told jsonb NOT NULL DEFAULT '{}',
      first_seen_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      changed_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
    )
    """,
    "CREATE INDEX IF NOT EXISTS episode_tournament_id_idx ON sgsync.episode (tournament_id)",
    """
    CREATE TABLE IF NOT EXISTS sgsync.change (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      episode_id int NOT NULL REFERENCES sgsync.episode ON DELETE CASCADE,
      happened_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      kind text NOT NULL CHECK (kind IN ('imported', 'adopted', 'changed', 'added', 'removed', 'kept', 'frozen',
        'cancelled', 'deleted', 'returned', 'finished')),
      what text,
      before text,
      after text,
      why text
    )
    """,
    "CREATE INDEX IF NOT EXISTS change_episode_id_idx ON sgsync.change (episode_id, id)",
    "CREATE INDEX IF NOT EXISTS change_happened_at_idx ON sgsync.change (happened_at)",
    """
    CREATE TABLE IF NOT EXISTS sgsync.signup (
      episode_id int NOT NULL REFERENCES sgsync.episode ON DELETE CASCADE,
      role text NOT NULL CHECK (role IN ('player', 'commentator', 'tracker', 'restreamer')),
      user_id int NOT NULL REFERENCES users ON DELETE CASCADE,
      feed_ids bigint[] NOT NULL,
      approved boolean NOT NULL,
      PRIMARY KEY (episode_id, role, user_id)
    )
    """,
    "CREATE INDEX IF NOT EXISTS signup_user_id_idx ON sgsync.signup (user_id)",
    """
    CREATE TABLE IF NOT EXISTS sgsync.alias (
      kind text NOT NULL CHECK (kind IN ('player', 'tag', 'crew_name')),
      value text NOT NULL,
      user_id int NOT NULL REFERENCES users ON DELETE CASCADE,
      discord_id bigint,
      source text NOT NULL DEFAULT 'feed' CHECK (source IN ('feed', 'tag', 'admin')),
      first_seen_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      PRIMARY KEY (kind, value)
    )
    """,
    "CREATE INDEX IF NOT EXISTS alias_user_id_idx ON sgsync.alias (user_id)",
    """
    CREATE TABLE IF NOT EXISTS sgsync.link (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      placeholder_id int NOT NULL,
      placeholder_name text NOT NULL,
      user_id int NOT NULL,
      linked_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      linked_by text NOT NULL,
      source text NOT NULL CHECK (source IN ('admin', 'feed')),
      moved jsonb NOT NULL DEFAULT '{}'
    )
    """,
    "CREATE INDEX IF NOT EXISTS link_placeholder_id_idx ON sgsync.link (placeholder_id)",
    """
    CREATE TABLE IF NOT EXISTS sgsync.run (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      command text NOT NULL,
      started_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      finished_at timestamptz,
      outcome text NOT NULL DEFAULT 'running'
        CHECK (outcome IN ('running', 'ok', 'problems', 'unreachable', 'failed', 'interrupted')),
      report jsonb,
      host text NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS run_started_at_idx ON sgsync.run (started_at)",
)


def upgrade() -> None:
    # One transaction each: the foreign keys lock the application's tables, and none longer than its own moment.
    with op.get_context().autocommit_block():
        for statement in TABLES:
            op.execute(dedent(statement))


def downgrade() -> None:
    """Forgets what was imported and who is who; matches and users stay."""
    for table in ("change", "signup", "episode", "alias", "link", "run"):
        op.execute(f"DROP TABLE IF EXISTS sgsync.{table}")
