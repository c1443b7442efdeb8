"""Indexes for what is looked up among years of rows: who approved, who was registered, what starts when."""

from alembic import op

from sgsync.database.indexes import built_concurrently

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = (
    ("sgsync_crew_approver", "crew (approved_by_id) WHERE approved_by_id IS NOT NULL"),
    ("sgsync_tournamentplayers_user", "tournamentplayers (user_id)"),
    ("sgsync_match_scheduled", '"match" (scheduled_at)'),
    ("sgsync.episode_tournament_id_scheduled_at_idx", "sgsync.episode (tournament_id, scheduled_at)"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, target in INDEXES:
            for statement in built_concurrently(name, target):
                op.execute(statement)
        # The new one begins with the same column.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS sgsync.episode_tournament_id_idx")


def downgrade() -> None:
    """Only what was there before comes back: the new indexes harm nobody."""
    op.execute("CREATE INDEX IF NOT EXISTS episode_tournament_id_idx ON sgsync.episode (tournament_id)")
