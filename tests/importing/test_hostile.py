"""hostile.json: entries that are each wrong or nasty in one way; hostile.md says what each is."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sgsync.report import Outcome, TournamentReport
from tests.importing.conftest import checked_scene
from tests.postgres import Databases
from tests.scene import RUN_RECORD, Scene, changed_tables, json_feed, logged_lines, sample, with_league

# How the line about an entry names it: by its id where it has one that can be used.
LEFT_OUT = {
    1: "entry 2 of the schedule",
    2: "entry 3 of the schedule",
    3: "entry 4 of the schedule",
    4: "episode 75004",
    5: "episode 75005",
    6: "episode 75006",
    7: "entry 8 of the schedule",
    8: "entry 9 of the schedule",
    9: "entry 10 of the schedule",
    11: "episode 75011",
    12: "episode 75012",
    14: "episode 75014",
    31: "episode 75031",
    35: "episode 75035",
    38: "episode 75000",
}
# The last but one is the first once more, word for word.
IMPORTED = {75000 + index for index in range(37)} - {75000 + index for index in LEFT_OUT}


@dataclass
class Hostile:
    """All entries, whether asked for or not, imported over HTTP; these tests only look."""

    scene: Scene
    report: TournamentReport
    lines: list[str]  # of the log, but for the chatter


@pytest.fixture(scope="module")
def hostile(databases: Databases) -> Iterator[Hostile]:
    with (
        checked_scene(databases) as scene,
        json_feed(sample("hostile")) as scene.feed_url,
        logged_lines() as lines,
    ):
        with_league(scene)
        scene.served = sample("hostile")
        run = scene.import_all()
        assert run.outcome is Outcome.PROBLEMS
        yield Hostile(scene, run.tournaments[0], list(lines))


def test_every_healthy_entry_is_in(hostile: Hostile) -> None:
    assert hostile.scene.imported_episodes() == IMPORTED


def test_every_other_entry_has_its_line(hostile: Hostile) -> None:
    untold = [name for name in LEFT_OUT.values() if not any(name in line for line in hostile.lines)]
    assert untold == []


def test_every_entry_is_counted(hostile: Hostile) -> None:
    report = hostile.report
    assert (report.imported, report.skipped + report.failed) == (len(IMPORTED), len(LEFT_OUT))
    assert report.fetched == report.imported + report.skipped + report.failed


def test_no_line_and_no_row_holds_a_control_character(hostile: Hostile) -> None:
    names = hostile.scene.column(
        "SELECT display_name FROM users UNION ALL SELECT discord_username FROM users"
    )
    titles = hostile.scene.column('SELECT title FROM "match"')
    assert [text for text in (*hostile.lines, *names, *titles) if not text.isprintable()] == []


def test_nobody_gets_an_impossible_discord_id(hostile: Hostile) -> None:
    sent = {"214358881903001601", "811000000000000001", "811000000000000003"}
    stored = {
        str(discord_id)
        for discord_id in hostile.scene.column("SELECT discord_id FROM users WHERE discord_id <> 0")
    }
    assert stored <= sent


def test_a_name_that_looks_like_a_placeholder_is_only_a_name(hostile: Hostile) -> None:
    assert hostile.scene.rows(
        "SELECT discord_username, is_placeholder FROM users WHERE display_name = 'sg_4211'"
    ) == [("sg_9006", True)]


def test_sql_in_a_name_is_a_name(hostile: Hostile) -> None:
    assert hostile.scene.value(
        "SELECT display_name FROM users WHERE discord_username = 'sg_9007'"
    ).startswith("Robert');")


def test_long_text_is_cut_to_the_column(hostile: Hostile) -> None:
    title = hostile.scene.value('SELECT title FROM "match" WHERE speedgaming_episode_id = 75027')
    assert title.startswith("long long")
    assert 250 <= len(title) <= 255


def test_somebody_listed_three_times_is_one_player(hostile: Hostile) -> None:
    assert hostile.scene.players_of(75015) == {"aurelio"}


def test_a_player_may_be_crew_of_the_same_match(hostile: Hostile) -> None:
    roles = hostile.scene.column(
        'SELECT role FROM crew JOIN "match" m ON m.id = match_id JOIN users u ON u.id = crew.user_id'
        " WHERE speedgaming_episode_id = 75033 AND discord_username = 'aurelio' ORDER BY 1"
    )
    assert roles == ["commentator", "tracker"]


def test_importing_it_again_changes_nothing(hostile: Hostile) -> None:
    before = hostile.scene.dump()
    hostile.scene.import_all()
    assert changed_tables(before, hostile.scene.dump()) == RUN_RECORD
