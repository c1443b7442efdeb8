"""When the database refuses a row, only its episode is left out."""

import pytest

from sgsync.report import Outcome
from tests.feed_json import make_episode, make_match, make_player
from tests.scene import Scene, changed_tables

POISONS = {
    "a constraint": "ALTER TABLE \"match\" ADD CONSTRAINT harmless CHECK (title <> 'poison')",
    "a trigger": """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON "match" FOR EACH ROW
            WHEN (NEW.title = 'poison') EXECUTE FUNCTION refuse();
    """,
}


@pytest.fixture
def poison() -> str:
    return "a constraint"


@pytest.fixture
def poisoned(poison: str, scene: Scene) -> Scene:
    """A database that takes every episode of the schedule but 75001."""
    scene.execute(POISONS[poison])
    scene.episodes = [
        make_episode(75000),
        make_episode(75001, match1=make_match(make_player(5000, "Corvid", discordId=""), title="poison")),
        make_episode(75002),
    ]
    return scene


@pytest.mark.parametrize("poison", POISONS)
def test_only_the_poisonous_episode_is_left_out(poisoned: Scene) -> None:
    report = poisoned.import_all()
    assert poisoned.imported_episodes() == {75000, 75002}
    assert (report.outcome, report.tournaments[0].imported, report.tournaments[0].failed) == (
        Outcome.PROBLEMS,
        2,
        1,
    )
    (problem,) = report.tournaments[0].problems
    assert "75001" in problem


def test_nothing_of_the_poisonous_episode_stays(poisoned: Scene) -> None:
    poisoned.import_all()
    assert poisoned.column("SELECT discord_username FROM users WHERE discord_username = 'sg_5000'") == []
    assert poisoned.column("SELECT episode_id FROM sgsync.episode ORDER BY 1") == [75000, 75002]


def test_the_same_refusal_is_written_down_once(poisoned: Scene) -> None:
    poisoned.import_all()
    before = poisoned.dump()
    poisoned.import_all()
    rows_changed = {name for name in changed_tables(before, poisoned.dump()) if "sequence" not in name}
    assert rows_changed == {"sgsync.run"}


def test_it_comes_in_once_it_is_cured(poisoned: Scene) -> None:
    poisoned.import_all()
    poisoned.episodes[1]["match1"]["title"] = "medicine"
    assert poisoned.import_all().outcome is Outcome.OK
    assert poisoned.imported_episodes() == {75000, 75001, 75002}
