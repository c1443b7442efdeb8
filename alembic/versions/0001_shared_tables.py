"""The application's tables and columns, where they are missing.

A database of the application has the tables already and lacks at most the columns that came with
its SpeedGaming integration. An empty one gets both, in the application's own names and types. The
application's optional tables (audit_logs, racetime_rooms) are never created.
"""

from textwrap import dedent

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS organization (
      id serial PRIMARY KEY,
      name varchar(255) NOT NULL UNIQUE,
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
    )
    """,
    # Which Discord ids must be unique is for the next migration to say.
    """
    CREATE TABLE IF NOT EXISTS users (
      id serial PRIMARY KEY,
      discord_id bigint,
      discord_username varchar(255) NOT NULL,
      discord_discriminator varchar(4),
      twitch_name varchar(255),
      display_name varchar(255),
      is_active boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS organizationmember (
      id serial PRIMARY KEY,
      joined_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      organization_id int NOT NULL REFERENCES organization ON DELETE CASCADE,
      user_id int NOT NULL REFERENCES users ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS tournament (
      id serial PRIMARY KEY,
      name varchar(255) NOT NULL,
      is_active boolean NOT NULL DEFAULT true,
      racetime_auto_create_rooms boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      organization_id int NOT NULL REFERENCES organization ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS tournamentplayers (
      id serial PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      tournament_id int NOT NULL REFERENCES tournament ON DELETE CASCADE,
      user_id int NOT NULL REFERENCES users ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS streamchannel (
      id serial PRIMARY KEY,
      name varchar(255) NOT NULL UNIQUE,
      stream_url varchar(255),
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      organization_id int NOT NULL REFERENCES organization ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS "match" (
      id serial PRIMARY KEY,
      scheduled_at timestamptz,
      checked_in_at timestamptz,
      started_at timestamptz,
      finished_at timestamptz,
      confirmed_at timestamptz,
      comment text,
      title varchar(255),
      racetime_auto_create boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      stream_channel_id int REFERENCES streamchannel ON DELETE CASCADE,
      tournament_id int NOT NULL REFERENCES tournament ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS matchplayers (
      id serial PRIMARY KEY,
      finish_rank int,
      assigned_station varchar(50),
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      match_id int NOT NULL REFERENCES "match" ON DELETE CASCADE,
      user_id int NOT NULL REFERENCES users ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS crew (
      id serial PRIMARY KEY,
      role varchar(100) NOT NULL,
      approved boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
      approved_by_id int REFERENCES users ON DELETE CASCADE,
      match_id int NOT NULL REFERENCES "match" ON DELETE CASCADE,
      user_id int NOT NULL REFERENCES users ON DELETE CASCADE
    )
    """,
)

COLUMNS = (
    """
    ALTER TABLE tournament
      ADD COLUMN IF NOT EXISTS speedgaming_enabled boolean NOT NULL DEFAULT false,
      ADD COLUMN IF NOT EXISTS speedgaming_event_slug varchar(255)
    """,
    'ALTER TABLE "match" ADD COLUMN IF NOT EXISTS speedgaming_episode_id int',
    "ALTER TABLE users ADD COLUMN IF NOT EXISTS is_placeholder boolean NOT NULL DEFAULT false",
)


def upgrade() -> None:
    # One transaction each: no lock on one of the application's tables is held while waiting for another.
    with op.get_context().autocommit_block():
        for statement in (*TABLES, *COLUMNS):
            op.execute(dedent(statement))


def downgrade() -> None:
    """Nothing: the tables hold the application's data, and its newer releases have the columns too."""
