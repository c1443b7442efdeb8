"""What the ledger knows of an episode besides its base: the event it was heard under, and its match as it was left."""

from textwrap import dedent

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = """
    ALTER TABLE sgsync.episode
      ADD COLUMN IF NOT EXISTS event_slug text,
      ADD COLUMN IF NOT EXISTS match_updated_at timestamptz,
      ADD COLUMN IF NOT EXISTS last_match_id integer
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(dedent(COLUMNS))


def downgrade() -> None:
    """Forgets them; the next import hears and writes them anew."""
    op.execute(
        "ALTER TABLE sgsync.episode DROP COLUMN IF EXISTS event_slug,"
        " DROP COLUMN IF EXISTS match_updated_at, DROP COLUMN IF EXISTS last_match_id"
    )
