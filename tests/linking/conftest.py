from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sgsync.database.engine import Database
from tests.linking.league import DISCORD_ID, OTHER, USER, League


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "API_URL", "WINDOW_PAST"):
        monkeypatch.delenv(f"SGSYNC_{name}", raising=False)


@pytest.fixture
def league(database_url: str) -> Iterator[League]:
    league = League(database_url)
    league.execute("INSERT INTO organization (name) VALUES ('The League')")
    league.execute("INSERT INTO tournament (name, organization_id) VALUES ('Season 9', 1)")
    league.add_placeholder()
    league.add_user(USER, DISCORD_ID, "synack", "Synack the Real")
    league.add_user(OTHER, DISCORD_ID + 1, "other")
    yield league
    league.close()


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    """A transaction as an import holds it; it commits when the test ends well."""
    with Database(database_url) as database, database.exclusive_transaction() as connection:
        yield connection
