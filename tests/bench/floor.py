"""The floor of a first import: rows that are ready, put into their tables by one COPY each.

`python -m tests.bench.floor URL FOLDER`; each table's rows are the file `SCHEMA.TABLE`, in the order of
the file `tables`.
"""

import sys
from pathlib import Path

import psycopg
from psycopg import sql


def main(url: str, folder: Path) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for name in (folder / "tables").read_text(encoding="utf-8").split():
            statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(*name.split(".")))
            with cursor.copy(statement) as copy:
                copy.write((folder / name).read_bytes())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
