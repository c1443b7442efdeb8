"""Which migration this version needs: readable without importing alembic."""

HEAD = "0008"
