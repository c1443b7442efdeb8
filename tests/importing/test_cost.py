"""What an import costs: statements that do not depend on the number of episodes, and no lock while waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.feed_json import Json, make_crew, make_episode, make_player
from tests.importing.conftest import MakeScene
from tests.scene import LEAGUE, LIVE, Scene, sample, with_league

FIRST, UNCHANGED = 20, 4


@contextmanager
def tournament_transactions() -> Iterator[list[list[str]]]:
    """The statements of each transaction that imports a tournament, BEGIN and COMMIT included."""
    transactions: list[list[str]] = []

    def begin(*_: Any) -> None:
        transactions.append(["BEGIN"])

    def execute(
        _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, many: bool
    ) -> None:
        assert not many, statement
        transactions[-1].append(statement)

    def commit(*_: Any) -> None:
        transactions[-1].append("COMMIT")

    def savepoint(*_: Any) -> None:
        transactions[-1].append("SAVEPOINT")

    listeners = {"begin": begin, "before_cursor_execute": execute, "commit": commit, "savepoint": savepoint}
    for name, listener in listeners.items():
        event.listen(sa.Engine, name, listener)
    found: list[list[str]] = []
    try:
        yield found
    finally:
        for name, listener in listeners.items():
            event.remove(sa.Engine, name, listener)
        found += [each for each in transactions if any("advisory" in statement for statement in each)]


def crowd(size: int) -> list[Json]:
    """`size` episodes, each with a user, a placeholder and crew of its own."""
    return [
        make_episode(
            75000 + index,
            make_player(5000 + index, f"User{index}", discordId=str(10**17 + index)),
            make_player(6000 + index, f"Nobody{index}", discordId=""),
            commentators=[make_crew(88000 + index, f"Voice{index}", discordId="")],
            trackers=[make_crew(89000 + index, f"Eye{index}", discordId=str(10**17 + 5000 + index))],
        )
        for index in range(size)
    ]


def statements_of_an_import(scene: Scene) -> list[str]:
    with tournament_transactions() as transactions:
        scene.import_all()
    (statements,) = transactions
    return statements


@pytest.fixture(params=[5, 60])
def size(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def crowded(scene: Scene, size: int) -> Scene:
    """A schedule in which there is something of everything to write."""
    scene.episodes = crowd(size)
    for index in range(size // 2):  # known, but strangers to the organization
        scene.add_user(10**17 + index, f"User{index}")
    scene.execute(  # to be upgraded
        "INSERT INTO users (discord_id, discord_username, is_placeholder) VALUES (0, %s, true)",
        f"sg_{5000 + size - 1}",
    )
    return scene


def test_a_first_import_takes_a_fixed_number_of_statements(crowded: Scene, size: int) -> None:
    assert len(statements_of_an_import(crowded)) <= FIRST
    assert crowded.count('"match"') == size


def test_an_unchanged_import_takes_four_statements(crowded: Scene) -> None:
    crowded.import_all()
    assert len(statements_of_an_import(crowded)) <= UNCHANGED


def test_each_tournament_is_one_transaction(make_scene: MakeScene) -> None:
    scene = with_league(make_scene(), LEAGUE, LIVE)
    scene.episodes = sample("schedule_alttprleague") + sample("schedule_sglive")
    with tournament_transactions() as transactions:
        scene.import_all()
    assert [len(each) <= FIRST for each in transactions] == [True, True]


def test_no_transaction_is_open_while_http_waits(scene: Scene) -> None:
    scene.episodes = sample("schedule_alttprleague")
    seen: list[tuple[str, bool]] = []
    scene.on_request = lambda: seen.extend(
        scene.rows(
            "SELECT state, xact_start IS NOT NULL FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'sgsync'"
        )
    )
    scene.import_all()
    scene.import_into(1, 74611)
    assert set(seen) == {("idle", False)}
    assert len(seen) == 2
