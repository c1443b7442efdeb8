"""A placeholder becomes a person within an import, although its episode is otherwise unchanged."""

import pytest

from tests.changes.helpers import EPISODE, imported, match_row, totals, warnings
from tests.feed_json import Json, make_crew, make_episode, make_player
from tests.scene import RUN_RECORD, Scene, changed_tables

BITWING = 300000000000000002
PLACEHOLDER = "SELECT id FROM users WHERE is_placeholder"
LINKS = "SELECT placeholder_id, placeholder_name, user_id, source FROM sgsync.link"
BADGES = "CREATE TABLE badges (owner_id int REFERENCES users, badge text, UNIQUE (owner_id, badge))"


def episode(episode_id: int = EPISODE, discord_id: int | None = None, player_id: int = 4377) -> Json:
    """An episode of Aurelio's and of Bitwing's, whose Discord id may not be known yet."""
    bitwing = make_player(player_id, f"Bitwing{player_id}", discordId=str(discord_id or ""))
    return make_episode(episode_id, make_player(), bitwing)


@pytest.fixture
def league(scene: Scene) -> Scene:
    return imported(scene, episode())


def test_a_placeholder_becomes_a_user_in_place(league: Scene) -> None:
    (placeholder,) = league.column(PLACEHOLDER)
    before = match_row(league), league.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id")
    league.episodes = [episode(discord_id=BITWING)]
    assert league.import_all().exit_code == 0
    assert league.rows("SELECT discord_id, is_placeholder FROM users WHERE id = %s", placeholder) == [
        (BITWING, False)
    ]
    assert (
        match_row(league),
        league.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id"),
    ) == before


def test_that_a_placeholder_became_a_user_in_place_is_recorded(league: Scene) -> None:
    (placeholder,) = league.column(PLACEHOLDER)
    league.episodes = [episode(discord_id=BITWING)]
    league.import_all()
    league.import_all()
    assert league.rows(LINKS) == [(placeholder, "sg_4377", placeholder, "feed")]


def test_a_placeholder_is_merged_into_somebody_who_has_signed_in(league: Scene) -> None:
    (placeholder,) = league.column(PLACEHOLDER)
    league.execute(
        "UPDATE matchplayers SET finish_rank = 2, assigned_station = '3' WHERE user_id = %s", placeholder
    )
    before = match_row(league)
    user = league.add_user(BITWING, "Bitwing")
    league.episodes = [episode(discord_id=BITWING)]
    assert league.import_all().exit_code == 0
    assert league.rows(LINKS) == [(placeholder, "sg_4377", user, "feed")]
    assert league.rows("SELECT finish_rank, assigned_station FROM matchplayers WHERE user_id = %s", user) == [
        (2, "3")
    ]
    assert (league.column(PLACEHOLDER), match_row(league)) == ([], before)
    unchanged = league.dump()
    assert totals(league.import_all()) == {"skipped": 1}
    assert changed_tables(unchanged, league.dump()) == RUN_RECORD


def test_a_frozen_match_tells_who_somebody_is_all_the_same(league: Scene) -> None:
    league.execute('UPDATE "match" SET started_at = now()')
    before = match_row(league)
    user = league.add_user(BITWING, "Bitwing")
    league.episodes = [episode(discord_id=BITWING)]
    league.import_all()
    assert user in league.column("SELECT user_id FROM matchplayers")
    assert (league.column(PLACEHOLDER), match_row(league)) == ([], before)


def test_crew_is_recognised_too_and_keeps_its_approval(scene: Scene) -> None:
    quill = make_crew(discordId="", approved=False)
    imported(scene, make_episode(EPISODE, make_player(), commentators=[quill]))
    user = scene.add_user(811000000000000001, "Quill")
    scene.execute("UPDATE crew SET approved = true, approved_by_id = %s", user)
    scene.episodes = [make_episode(EPISODE, make_player(), commentators=[make_crew(approved=False)])]
    scene.import_all()
    assert scene.rows("SELECT user_id, approved, approved_by_id FROM crew") == [(user, True, user)]
    assert scene.column(PLACEHOLDER) == []


def refuse_merges(scene: Scene, *discord_ids: int) -> None:
    """A table that sgsync does not know, in which each of these users and each placeholder hold the same badge."""
    scene.execute(BADGES)
    for discord_id in discord_ids:
        scene.add_user(discord_id)
    scene.execute(
        "INSERT INTO badges SELECT id, 'gold' FROM users WHERE is_placeholder OR discord_id = ANY(%s)",
        list(discord_ids),
    )


def test_a_merge_that_an_unknown_table_forbids_is_a_problem_and_the_rest_is_imported(league: Scene) -> None:
    refuse_merges(league, BITWING)
    (placeholder,) = league.column(PLACEHOLDER)
    league.episodes = [episode(discord_id=BITWING), episode(EPISODE + 1, BITWING)]
    with warnings() as lines:
        report = league.import_all()
    (problem,) = report.tournaments[0].problems
    assert (report.exit_code, report.tournaments[0].imported) == (1, 1)
    assert "badges" in problem
    assert lines == [problem]
    assert league.column(PLACEHOLDER) == [placeholder]
    assert league.rows(LINKS) == []
    assert league.count("badges") == 2
    told = league.value("SELECT details FROM audit_logs ORDER BY id DESC LIMIT 1")
    assert (told["success"], told["error"]) == (False, problem)


def test_a_merge_that_is_forbidden_is_made_as_soon_as_it_can_be(league: Scene) -> None:
    refuse_merges(league, BITWING)
    league.episodes = [episode(discord_id=BITWING)]
    league.import_all()
    before = league.dump()
    league.import_all()
    assert changed_tables(before, league.dump()) == RUN_RECORD
    league.execute("DELETE FROM badges WHERE owner_id = (SELECT id FROM users WHERE is_placeholder)")
    assert league.import_all().exit_code == 0
    assert league.column(PLACEHOLDER) == []


def test_any_number_of_forbidden_merges_leaves_the_rest_of_the_tournament_alone(scene: Scene) -> None:
    ids = range(7)
    imported(scene, *(episode(EPISODE + index, player_id=5000 + index) for index in ids))
    refuse_merges(scene, *(BITWING + index for index in ids))
    scene.episodes = [episode(EPISODE + index, BITWING + index, 5000 + index) for index in ids]
    scene.episodes.append(episode(EPISODE + 20))
    report = scene.import_all()
    assert (report.exit_code, report.tournaments[0].imported) == (1, 1)
    assert len(report.tournaments[0].problems) == 7
