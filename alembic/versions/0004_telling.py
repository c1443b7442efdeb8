"""What telling people needs to remember: matches without crew, and how far in the history was told."""

from textwrap import dedent

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    ALTER TABLE sgsync.change
      DROP CONSTRAINT IF EXISTS change_kind_check,
      ADD CONSTRAINT change_kind_check CHECK (kind IN ('imported', 'adopted', 'changed', 'added', 'removed', 'kept',
        'frozen', 'cancelled', 'deleted', 'returned', 'finished', 'unstaffed'))
    """,
    """
    CREATE TABLE IF NOT EXISTS sgsync.told (
      reader text PRIMARY KEY,
      change_id bigint NOT NULL,
      told_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
    )
    """,
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in STATEMENTS:
            op.execute(dedent(statement))


def downgrade() -> None:
    """Forgets who was told; the wider constraint harms nobody."""
    op.execute("DROP TABLE IF EXISTS sgsync.told")
