"""Uniqueness as sgsync needs it, and indexes for what it looks up.

Built concurrently: the application goes on writing meanwhile.
"""

from textwrap import dedent

from alembic import op

from sgsync.database.indexes import built_concurrently

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# (name, kind, table and columns). A name that is taken is taken as done: the application's newest
# release has a unique constraint with the first one, and needs no second.
INDEXES = (
    ("match_speedgaming_episode_id_key", "UNIQUE INDEX", '"match" (speedgaming_episode_id)'),
    ("users_discord_id_real_key", "UNIQUE INDEX", "users (discord_id) WHERE discord_id <> 0"),
    ("sgsync_users_placeholder", "INDEX", "users (discord_username) WHERE is_placeholder"),
    ("sgsync_matchplayers_match", "INDEX", "matchplayers (match_id)"),
    ("sgsync_matchplayers_user", "INDEX", "matchplayers (user_id)"),
    ("sgsync_crew_match", "INDEX", "crew (match_id)"),
    ("sgsync_crew_user", "INDEX", "crew (user_id)"),
    ("sgsync_organizationmember_user", "INDEX", "organizationmember (user_id, organization_id)"),
    ("sgsync_tournamentplayers_tournament", "INDEX", "tournamentplayers (tournament_id, user_id)"),
)

# Every placeholder has the Discord id 0: uniqueness that counts it must go, whatever its name is.
DROP_UNCONDITIONAL_UNIQUENESS = """
    DO $$
    DECLARE
      redundant record;
    BEGIN
      FOR redundant IN
        SELECT index.indexrelid::regclass AS index_name, uniqueness.conname AS constraint_name
        FROM pg_index AS index
        JOIN pg_attribute AS attribute
          ON attribute.attrelid = index.indrelid AND attribute.attname = 'discord_id'
        LEFT JOIN pg_constraint AS uniqueness
          ON uniqueness.conindid = index.indexrelid AND uniqueness.contype = 'u'
        WHERE index.indrelid = 'users'::regclass
          AND index.indisunique
          AND NOT index.indisprimary
          AND index.indpred IS NULL
          AND index.indnkeyatts = 1
          AND index.indkey[0] = attribute.attnum
      LOOP
        IF redundant.constraint_name IS NULL THEN
          EXECUTE format('DROP INDEX %s', redundant.index_name);
        ELSE
          EXECUTE format('ALTER TABLE users DROP CONSTRAINT %I', redundant.constraint_name);
        END IF;
      END LOOP;
    END
    $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, kind, target in INDEXES:
            for statement in built_concurrently(name, target, kind=kind):
                op.execute(statement)
        # Last, so that at no moment two users can have the same real Discord id.
        op.execute(dedent(DROP_UNCONDITIONAL_UNIQUENESS))


def downgrade() -> None:
    """Nothing: placeholders rule out the old uniqueness, and the other indexes harm nobody."""
