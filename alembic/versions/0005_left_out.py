"""What a message had no room for is told by a later one: which entries of the history those are."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE sgsync.told ADD COLUMN IF NOT EXISTS left_out bigint[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    """What was left out counts as told."""
    op.execute("ALTER TABLE sgsync.told DROP COLUMN IF EXISTS left_out")
