"""An episode that moves to another event: its match goes with it, if that event is synced."""

import pytest

from tests.changes.feed import Feed
from tests.changes.helpers import (
    EPISODE,
    USUAL,
    at,
    edit,
    events_of,
    field_of,
    imported,
    match_of,
    match_row,
    seat,
    starting,
    totals,
    warnings,
)
from tests.feed_json import make_channel, make_crew, make_episode, make_event, make_player
from tests.scene import LEAGUE, LIVE, RUN_RECORD, Scene, changed_tables

REST = EPISODE + 1
REGISTERED = "SELECT user_id FROM tournamentplayers WHERE tournament_id = %s ORDER BY 1"
MEMBERS = "SELECT user_id FROM organizationmember WHERE organization_id = %s ORDER BY 1"
STATE = "SELECT state, tournament_id FROM sgsync.episode WHERE episode_id = %s"


@pytest.fixture
def league(scene: Scene) -> Scene:
    return imported(scene, make_episode(EPISODE), make_episode(REST))


def move(scene: Scene, slug: str = LIVE) -> None:
    scene.episodes[0] = make_episode(EPISODE, event=make_event(slug))


@pytest.mark.parametrize("is_first", [True, False], ids=["to an earlier tournament", "to a later one"])
def test_a_match_moves_with_its_episode_and_its_people(scene: Scene, is_first: bool) -> None:
    """Whichever of the two tournaments is imported first."""
    other = scene.add_tournament(LIVE)
    old, new = (LIVE, LEAGUE) if is_first else (LEAGUE, LIVE)
    there = 1 if is_first else other
    episodes = [make_episode(id_, event=make_event(old)) for id_ in (EPISODE, REST)]
    imported(scene, *episodes)
    match, players = match_of(scene), scene.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id")
    move(scene, new)
    with warnings() as lines:
        report = scene.import_all()
    assert (report.exit_code, totals(report)["updated"], report.as_json()["totals"]["cancelled"]) == (0, 1, 0)
    assert lines == []
    assert (match_of(scene), field_of(scene, "tournament_id")) == (match, there)
    assert scene.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id") == players
    assert scene.column(REGISTERED, there) == scene.column(
        "SELECT DISTINCT user_id FROM matchplayers ORDER BY 1"
    )
    assert (scene.rows(STATE, EPISODE), events_of(scene)) == ([("active", there)], ["changed"])
    before = scene.dump()
    scene.import_all()
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def test_everybody_in_a_match_that_moves_joins_the_other_organization(league: Scene) -> None:
    seat(league, league.add_user(77, "Guest"))
    seat(league, league.add_user(78, "Helper"), "tracker")
    there = league.add_organization("Another League")
    other = league.add_tournament(LIVE, organization=there)
    move(league)
    with warnings() as lines:
        league.import_all()
    assert field_of(league, "tournament_id") == other
    assert field_of(league, "stream_channel_id") is None
    assert lines == ["Channel 'SpeedGaming' belongs to another organization: matches on it show no stream"]
    assert (len(league.column(MEMBERS, there)), len(league.column(REGISTERED, other))) == (5, 3)


def test_a_channel_that_staff_chose_does_not_go_to_another_organization(league: Scene) -> None:
    """A match and its channel belong to one organization."""
    edit(league, "stream_channel_id", league.add_channel("Ours", 1))
    league.add_tournament(LIVE, organization=league.add_organization("Another League"))
    move(league)
    assert league.import_all().exit_code == 0
    assert field_of(league, "stream_channel_id") is None


def test_a_match_moved_to_another_event_and_beyond_the_window_waits(scene: Scene) -> None:
    """Its new tournament takes it over once it sees it; until then it is not cancelled."""
    other = scene.add_tournament(LIVE)
    imported(scene, starting(EPISODE, at(hours=3)), starting(REST, at(hours=3)), **USUAL)
    scene.episodes[0] = starting(EPISODE, at(days=60), event=make_event(LIVE))
    assert totals(scene.import_all(**USUAL)).keys() <= {"skipped", "updated"}
    scene.episodes[0] = starting(EPISODE, at(days=20), event=make_event(LIVE))
    scene.import_all(**USUAL)
    assert (field_of(scene, "tournament_id"), scene.rows(STATE, EPISODE)) == (other, [("active", other)])


def test_an_episode_that_moves_to_an_event_without_a_tournament_is_cancelled(
    league: Scene, feed: Feed
) -> None:
    before = match_row(league)
    feed.take_requests()
    move(league, "somewhere-else")
    with warnings() as lines:
        assert totals(league.import_all()) == {"cancelled": 1, "skipped": 2}
        league.import_all()
    assert feed.take_requests() == [LEAGUE, str(EPISODE), LEAGUE]
    (line,) = lines
    assert "somewhere-else" in line
    assert match_row(league) == before
    league.episodes[0] = make_episode(EPISODE)
    league.import_all()
    assert league.rows(STATE, EPISODE) == [("active", 1)]


def test_a_tournament_that_is_off_gets_no_match(league: Scene) -> None:
    league.add_tournament(LIVE, enabled=False)
    league.add_tournament(LIVE, active=False)
    move(league)
    assert totals(league.import_all())["cancelled"] == 1
    assert field_of(league, "tournament_id") == 1


def test_a_match_under_way_stays_where_it_is(league: Scene) -> None:
    league.add_tournament(LIVE)
    edit(league, "started_at", at())
    move(league)
    before = match_row(league)
    assert league.import_all().exit_code == 0
    assert match_row(league) == before


def test_a_match_that_staff_moved_stays_there(league: Scene) -> None:
    other = league.add_tournament(None, enabled=False)
    edit(league, "tournament_id", other)
    for user_id in league.column(REGISTERED, 1):
        league.execute(
            "INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (%s, %s)", other, user_id
        )
    league.episodes[0] = make_episode(EPISODE, title="Grand final")
    assert totals(league.import_all()) == {"updated": 1, "skipped": 1}
    assert (field_of(league, "tournament_id"), field_of(league, "title")) == (other, "Grand final")


def test_whoever_joins_a_match_that_staff_moved_belongs_where_it_stands(league: Scene) -> None:
    """A player whom the application does not find in the tournament of his match is missing in its list."""
    there = league.add_organization("Another League")
    other = league.add_tournament(None, organization=there, enabled=False)
    edit(league, "tournament_id", other)
    edit(league, "stream_channel_id", None)
    for statement in (
        "INSERT INTO organizationmember (organization_id, user_id) SELECT %s, user_id FROM organizationmember",
        "INSERT INTO tournamentplayers (tournament_id, user_id) SELECT %s, user_id FROM tournamentplayers",
    ):
        league.execute(statement, there if "member" in statement else other)
    cyr, tess = make_player(9, "Cyr", discordId="9"), make_crew(10, "Tess", discordId="10")
    league.episodes[0] = make_episode(EPISODE, make_player(), cyr, trackers=[tess])
    assert totals(league.import_all())["updated"] == 1
    cyr_id, tess_id = (league.value("SELECT id FROM users WHERE discord_id = %s", id_) for id_ in (9, 10))
    assert {cyr_id, tess_id} <= set(league.column(MEMBERS, there))
    assert cyr_id in league.column(REGISTERED, other)
    assert tess_id not in league.column(REGISTERED, other)


def test_who_comes_back_with_a_match_that_staff_moved_belongs_here(league: Scene) -> None:
    """`--overwrite` brings the match back, and with it whoever has a station in it."""
    there = league.add_organization("Another League")
    edit(league, "tournament_id", league.add_tournament(None, organization=there, enabled=False))
    edit(league, "stream_channel_id", None)
    guest = league.add_user(77, "Guest")
    league.execute(
        "INSERT INTO matchplayers (match_id, user_id, assigned_station) VALUES (%s, %s, '3')",
        match_of(league),
        guest,
    )
    league.import_into(1, overwrite=True)
    assert field_of(league, "tournament_id") == 1
    assert guest in league.column(MEMBERS, 1)
    assert guest in league.column(REGISTERED, 1)


def test_a_channel_that_staff_chose_in_another_organization_is_left_alone(league: Scene) -> None:
    """Moved there by hand, the match has the other organization's channels."""
    there = league.add_organization("Another League")
    other = league.add_tournament("elsewhere", organization=there, enabled=False)
    edit(league, "tournament_id", other)
    edit(league, "stream_channel_id", league.add_channel("OursTwo", there))
    before = match_row(league)
    league.import_all()
    assert match_row(league) == before
    league.episodes[0] = make_episode(EPISODE, channels=[make_channel("SpeedGaming2")])
    league.import_all()
    assert match_row(league) == before
    for column, value in (
        ("tournament_id", 1),
        ("stream_channel_id", None),
    ):  # as the consumers' check wants it
        edit(league, column, value)


def test_a_match_that_moves_gets_rooms_as_its_new_tournament_does(scene: Scene) -> None:
    other = scene.add_tournament(LIVE)
    imported(scene, make_episode(EPISODE), make_episode(REST))
    scene.execute("UPDATE tournament SET racetime_auto_create_rooms = true WHERE id = %s", other)
    move(scene)
    scene.import_all()
    assert (field_of(scene, "racetime_auto_create"), field_of(scene, "racetime_auto_create", REST)) == (
        True,
        False,
    )


@pytest.mark.parametrize("on_cancel", ["keep", "delete"])
def test_a_tournament_that_gets_another_event_keeps_the_matches_of_the_one_before(
    scene: Scene, on_cancel: str
) -> None:
    imported(scene, *(make_episode(EPISODE + number) for number in range(5)))
    scene.execute("UPDATE tournament SET speedgaming_event_slug = %s", LIVE)
    scene.episodes.append(make_episode(EPISODE + 9, event=make_event(LIVE)))
    with warnings() as lines:
        assert totals(scene.import_all(on_cancel=on_cancel)) == {"imported": 1}
    assert (lines, len(scene.imported_episodes())) == ([], 6)


def test_a_match_imported_by_hand_does_not_move_when_its_tournament_gets_another_event(scene: Scene) -> None:
    by_hand = scene.add_tournament(None, enabled=False)
    scene.episodes = [make_episode(EPISODE)]
    scene.import_into(by_hand, EPISODE)
    scene.execute("UPDATE tournament SET speedgaming_event_slug = 'unrelated' WHERE id = %s", by_hand)
    scene.import_all()
    assert field_of(scene, "tournament_id") == by_hand
