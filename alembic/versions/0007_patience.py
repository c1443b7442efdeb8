"""Until when a webhook wants to be left alone, so that later runs heed it too."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE sgsync.told ADD COLUMN IF NOT EXISTS not_before timestamptz")


def downgrade() -> None:
    """The next run asks again."""
    op.execute("ALTER TABLE sgsync.told DROP COLUMN IF EXISTS not_before")
