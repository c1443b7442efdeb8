"""A league in the database: two people who are one, and rows of every kind around them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import psycopg

from sgsync.settings import Settings, load_settings
from tests.postgres import connect
from tests.scene import Dump, Row, dump

Connection = psycopg.Connection[Row]

# Numbers that nothing else in the database holds: where one shows, somebody refers to that user.
PLACEHOLDER = 900_001
USER = 700_001
OTHER = 700_002
DISCORD_ID = 214358881903001601
NEW_DISCORD_ID = 214358881903009999

PAST = datetime(2020, 1, 1, tzinfo=UTC)
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


@dataclass
class League:
    """Organization 1 with tournament 1, a placeholder, the real user behind it, and somebody else."""

    url: str
    _matches: int = 0

    @cached_property
    def connection(self) -> Connection:
        """Outside of everything under test. Each of its statements is a transaction."""
        return connect(self.url)

    def close(self) -> None:
        self.connection.close()

    def settings(self, **flags: object) -> Settings:
        return load_settings(Settings, database_url=self.url, **flags)

    def execute(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement.encode(), values or None)

    def rows(self, query: str, *values: Any) -> list[Row]:
        return self.connection.execute(query.encode(), values or None).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        ((value,),) = self.rows(query, *values)
        return value

    def dump(self) -> Dump:
        return dump(self.connection)

    def add_placeholder(
        self, user_id: int = PLACEHOLDER, username: str = "sg_11111", name: str | None = "Synack"
    ) -> None:
        self.execute(
            "INSERT INTO users (id, discord_id, discord_username, display_name, is_placeholder, created_at)"
            " VALUES (%s, 0, %s, %s, true, %s)",
            user_id,
            username,
            name,
            PAST,
        )

    def add_user(self, user_id: int, discord_id: int, username: str, name: str | None = None) -> None:
        self.execute(
            "INSERT INTO users (id, discord_id, discord_username, display_name) VALUES (%s, %s, %s, %s)",
            user_id,
            discord_id,
            username,
            name,
        )

    def add_match(self, *, scheduled_at: datetime = FUTURE, tournament_id: int = 1) -> int:
        """A match whose id is none of a user."""
        self._matches += 1
        self.execute(
            'INSERT INTO "match" (id, tournament_id, title, scheduled_at) VALUES (%s, %s, %s, %s)',
            self._matches,
            tournament_id,
            f"Match {self._matches}",
            scheduled_at,
        )
        return self._matches

    def add_player(self, match_id: int, user_id: int = PLACEHOLDER, **columns: Any) -> int:
        return self._add("matchplayers", {"match_id": match_id, "user_id": user_id, **columns})

    def add_crew(self, match_id: int, user_id: int = PLACEHOLDER, **columns: Any) -> int:
        return self._add("crew", {"match_id": match_id, "user_id": user_id, "role": "tracker", **columns})

    def add_alias(self, kind: str, value: str, user_id: int = PLACEHOLDER) -> None:
        self.execute(
            "INSERT INTO sgsync.alias (kind, value, user_id) VALUES (%s, %s, %s)", kind, value, user_id
        )

    def add_episode(self, episode_id: int, *, scheduled_at: datetime = FUTURE) -> None:
        self.execute(
            "INSERT INTO sgsync.episode (episode_id, tournament_id, scheduled_at) VALUES (%s, 1, %s)",
            episode_id,
            scheduled_at,
        )

    def add_signup(
        self,
        episode_id: int,
        user_id: int = PLACEHOLDER,
        *,
        feed_ids: tuple[int, ...] = (11111,),
        **columns: Any,
    ) -> None:
        row = {"role": "player", "approved": False, **columns}
        self.execute(
            "INSERT INTO sgsync.signup (episode_id, user_id, feed_ids, role, approved)"
            " VALUES (%s, %s, %s, %s, %s)",
            episode_id,
            user_id,
            list(feed_ids),
            row["role"],
            row["approved"],
        )

    def fill(self) -> None:
        """Rows of the placeholder in every table that refers to users, none of them doubled."""
        first, second = self.add_match(), self.add_match()
        self.add_player(first, finish_rank=2)
        self.add_player(first, OTHER, finish_rank=1)
        self.add_crew(second, approved=True, approved_by_id=OTHER)
        self.add_crew(second, OTHER, approved=True, approved_by_id=PLACEHOLDER)
        self.execute("INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", PLACEHOLDER)
        self.execute("INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (1, %s)", PLACEHOLDER)
        self.execute("INSERT INTO audit_logs (action, user_id) VALUES ('a deed', %s)", PLACEHOLDER)
        self.add_alias("player", "11111")
        self.add_alias("tag", "synack")
        self.add_episode(74611)
        self.add_signup(74611)

    def tables_naming(self, user_id: int) -> set[str]:
        """Every table with a row that holds this id, whatever the column."""
        return {
            table for table, rows in self.dump().items() if any(str(user_id) in str(row[-1]) for row in rows)
        }

    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.dump().items() if not name.startswith("sequence")}

    def _add(self, table: str, columns: dict[str, Any]) -> int:
        places = ", ".join("%s" for _ in columns)
        identifier: int = self.value(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) RETURNING id", *columns.values()
        )
        return identifier
