"""The floor of an unchanged run: load the libraries that it needs, and fetch the same schedules.

`python -m tests.bench.asking API_URL SLUG...`; without a slug it is sgsync's start-up, and its end: that of a plain
process takes longer.
"""

import gc
import sys
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pydantic_settings
import sqlalchemy.dialects.postgresql
import sqlalchemy.orm
import stamina
import typer

LIBRARIES = (psycopg, pydantic_settings, sqlalchemy, stamina, typer)


def main(api_url: str, slugs: list[str]) -> None:
    now = datetime.now(UTC)
    window = {"from": now.isoformat(), "to": (now + timedelta(days=30)).isoformat()}
    if not slugs:
        gc.freeze()
    with httpx.Client() as client:
        for slug in slugs:
            client.get(f"{api_url}/schedule/", params={"event": slug, **window}).raise_for_status()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
