"""Indexes built beside an application that goes on writing: the statements, for the migrations."""

from collections.abc import Iterator

# A concurrent build that was killed leaves its index behind, invalid, and IF NOT EXISTS would keep it.
_DROP_INVALID = """
DO $$
BEGIN
  IF EXISTS (
    SELECT FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid
  ) THEN
    DROP INDEX {name};
  END IF;
END
$$
"""


def built_concurrently(name: str, target: str, *, kind: str = "INDEX") -> Iterator[str]:
    """What builds an index on `target`, its table and columns, outside of a transaction.

    A name that is taken is taken as done; it says the schema, if the search path does not have that. `kind` is
    INDEX or UNIQUE INDEX.
    """
    yield _DROP_INVALID.format(name=name)
    _, _, bare = name.rpartition(".")  # an index is always made in its table's schema
    yield f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {bare} ON {target}"
