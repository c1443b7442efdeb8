"""`make bench`: prints what runs cost, and with --write puts it into docs/performance.md."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from sgsync.demo.server import running_postgres
from tests.bench import table
from tests.bench.contest import Contest, Feed
from tests.bench.measure import PRELOADED, Meter
from tests.bench.schedules import Size
from tests.postgres import Databases

DOCUMENT = Path("docs/performance.md")
USUAL_SIZES = (Size(1, 20), Size(10, 50), Size(30, 100), Size(100, 1000))
MOST_MEASURED_AGAIN = 3_000
"""One round of more episodes than these takes two minutes, and has to do."""

MOST_BY_ORM = 3_000
"""The ordinary way takes minutes for more episodes than these."""


def main() -> None:
    wishes = _arguments()
    with _server() as server_url, Feed().running() as feed:
        databases = Databases(server_url)
        meter = Meter(server_url, lambda: feed.requests)
        contests = [
            Contest(meter, databases, feed, size, size.total <= MOST_BY_ORM, wishes.grown)
            for size in wishes.sizes
        ]
        for number in range(wishes.rounds):
            for contest in contests:
                if number and contest.size.total > MOST_MEASURED_AGAIN:
                    continue
                _tell(f"round {number + 1} of {wishes.rounds}: {contest.size}")
                contest.round()
    results = table.render(contests)
    sys.stdout.write(results)
    if wishes.write:
        table.replace_in(DOCUMENT, results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--sizes",
        nargs="+",
        type=Size.parse,
        default=USUAL_SIZES,
        metavar="TxE",
        help="tournaments x episodes, such as 30x100 100x1000",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument(
        "--grown",
        type=int,
        default=0,
        metavar="N",
        help="also import into a database with N matches and 5 N roster rows; a million takes minutes to make",
    )
    parser.add_argument("--write", action="store_true", help=f"put the results into {DOCUMENT}")
    return parser.parse_args()


@contextmanager
def _server() -> Iterator[str]:
    """A server with its default settings, durability among them, in a folder of its own."""
    folder = Path(mkdtemp(prefix="sgsync-", dir=os.environ.get("TMPDIR", "/tmp")))
    with running_postgres(folder, *PRELOADED, disposable=True) as url:
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


if __name__ == "__main__":
    main()
