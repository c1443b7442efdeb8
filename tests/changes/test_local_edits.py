"""What staff changed here stays, and that is said once; `--overwrite` gives it up."""

import pytest

from tests.changes.helpers import (
    EPISODE,
    TITLE,
    crew_of,
    edit,
    events_of,
    field_of,
    imported,
    match_of,
    match_row,
    seat,
    start_of,
    totals,
    warnings,
)
from tests.command_line import Sgsync
from tests.feed_json import make_channel, make_crew, make_episode, make_match, make_player
from tests.scene import RUN_RECORD, Scene, changed_tables

OURS, THEIRS = "2026-11-28T20:00:00+00:00", "2026-11-28T18:40:00+00:00"
STATION = "UPDATE matchplayers SET assigned_station = '3' FROM users WHERE users.id = user_id AND discord_username = %s"


@pytest.fixture
def league(scene: Scene) -> Scene:
    return imported(scene)


@pytest.fixture
def edited(league: Scene) -> Scene:
    """A match whose title, time, channel, roster and crew were changed here, each in its own way."""
    edit(league, "title", "Showcase")
    edit(league, "scheduled_at", OURS)
    edit(league, "stream_channel_id", league.add_channel("Ours", 1))
    league.execute(
        "DELETE FROM matchplayers USING users WHERE users.id = user_id AND discord_username = 'aurelio'"
    )
    seat(league, league.add_user(77, "Guest"))
    league.execute("DELETE FROM crew")
    seat(league, league.add_user(78, "Helper"), "tracker")
    return league


def assert_edited(scene: Scene) -> None:
    assert (field_of(scene, "title"), start_of(scene)) == ("Showcase", OURS)
    assert field_of(scene, "stream_channel_id") == scene.value(
        "SELECT id FROM streamchannel WHERE name = 'Ours'"
    )
    assert scene.players_of(EPISODE) == {"sg_4377", "guest"}
    assert crew_of(scene) == {("Helper", "tracker", False)}


def test_edits_stay_while_nothing_changes_upstream(edited: Scene) -> None:
    before = edited.dump()
    with warnings() as lines:
        assert totals(edited.import_all()) == {"skipped": 1}
    assert (lines, changed_tables(before, edited.dump())) == ([], RUN_RECORD)


def test_edits_stay_when_both_sides_change_and_each_is_said_once(edited: Scene) -> None:
    before = match_row(edited)
    match = match_of(edited)
    changed = {"title": "Grand final", "whenCountdown": THEIRS, "channels": [make_channel("Theirs")]}
    edited.episodes = [make_episode(EPISODE, **changed)]
    with warnings() as lines:
        assert totals(edited.import_all()) == {"skipped": 1}
        edited.import_all()
    start = f"Kept local edit in match {match} for episode {EPISODE}:"
    assert lines == [
        f"{start} time is 2026-11-28 20:00 UTC, SpeedGaming says 2026-11-28 18:40 UTC",
        f"{start} title is Showcase, SpeedGaming says Grand final",
        f"{start} channel is Ours, SpeedGaming says Theirs",
    ]
    assert_edited(edited)
    assert match_row(edited) == before
    assert events_of(edited) == ["kept"] * 3


def test_what_nobody_edited_follows_although_the_rest_is_kept(league: Scene) -> None:
    edit(league, "title", "Showcase")
    league.episodes = [make_episode(EPISODE, title="Grand final", whenCountdown=THEIRS)]
    assert totals(league.import_all()) == {"updated": 1}
    assert (field_of(league, "title"), start_of(league)) == ("Showcase", THEIRS)


def test_an_edit_that_speedgaming_comes_to_agree_with_is_no_edit_any_more(league: Scene) -> None:
    edit(league, "title", "Showcase")
    league.episodes = [make_episode(EPISODE, title="Showcase")]
    with warnings() as lines:
        assert totals(league.import_all()) == {"skipped": 1}
    league.episodes = [make_episode(EPISODE, title="Grand final")]
    league.import_all()
    assert (field_of(league, "title"), lines) == ("Grand final", [])


def test_a_cleared_field_is_an_edit(league: Scene) -> None:
    edit(league, "stream_channel_id", None)
    edit(league, "title", None)
    league.episodes = [make_episode(EPISODE, title="Grand final", channels=[make_channel("Theirs")])]
    with warnings() as lines:
        league.import_all()
    assert (field_of(league, "stream_channel_id"), field_of(league, "title")) == (None, None)
    assert len(lines) == 2


def test_who_was_added_or_removed_here_stays_so(edited: Scene) -> None:
    corvid = make_player(4500, "Corvid", discordId="300000000000000003")
    edited.episodes[0]["match1"]["players"].append(corvid)
    edited.episodes[0]["trackers"].append(make_crew(88102, "Rosetta", discordId=""))
    assert totals(edited.import_all()) == {"updated": 1}
    assert edited.players_of(EPISODE) == {"sg_4377", "guest", "corvid"}
    assert crew_of(edited) == {("Helper", "tracker", False), ("rosetta", "tracker", True)}


def test_a_player_with_a_station_stays_when_he_leaves_upstream_and_that_is_said_once(league: Scene) -> None:
    league.execute(STATION, "sg_4377")
    league.episodes = [make_episode(EPISODE, make_player())]
    with warnings() as lines:
        assert totals(league.import_all()) == {"skipped": 1}
        league.import_all()
    assert league.players_of(EPISODE) == {"aurelio", "sg_4377"}
    (line,) = lines
    assert "Bitwing" in line


def test_a_player_who_leaves_with_a_station_for_the_second_time_is_said_again(league: Scene) -> None:
    """The first time was settled: his station was taken back, and he left."""
    alone, both = make_episode(EPISODE, make_player()), make_episode(EPISODE)
    for _ in range(2):
        league.execute(STATION, "sg_4377")
        league.episodes = [alone]
        with warnings() as lines:
            league.import_all()
            league.import_all()
        assert len(lines) == 1
        league.execute("UPDATE matchplayers SET assigned_station = NULL")
        for league.episodes in ([alone], [both]):
            league.import_all()


def test_an_approval_given_here_stays(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE, commentators=[make_crew(approved=False)]))
    staff = scene.add_user(77, "Staff")
    scene.execute("UPDATE crew SET approved = true, approved_by_id = %s", staff)
    scene.episodes = [make_episode(EPISODE, commentators=[make_crew(approved=False, ready=False)])]
    assert totals(scene.import_all()) == {"skipped": 1}
    scene.episodes = [make_episode(EPISODE, commentators=[])]
    with warnings() as lines:
        scene.import_all()
        scene.import_all()
    assert (crew_of(scene), len(lines)) == ({("quill", "commentator", True)}, 1)


@pytest.mark.parametrize("is_decided", [False, True], ids=["nobody decided", "somebody decided"])
def test_who_signed_up_here_is_approved_with_speedgaming_unless_somebody_decided(
    scene: Scene, is_decided: bool
) -> None:
    imported(scene, make_episode(EPISODE, commentators=[]))
    seat(scene, scene.add_user(811000000000000001, "Quill"), "commentator")
    if is_decided:
        scene.execute("UPDATE crew SET approved_by_id = %s", scene.add_user(9, "Staff"))
    scene.episodes = [make_episode(EPISODE, commentators=[make_crew(approved=True)])]
    with warnings() as lines:
        scene.import_all()
        scene.import_all()
    assert crew_of(scene) == {("Quill", "commentator", not is_decided)}
    assert len(lines) == is_decided


def test_overwrite_gives_up_local_edits_once(edited: Scene, sgsync: Sgsync) -> None:
    finished = sgsync("import", "1", "--overwrite", "--json")
    assert (finished.exit_code, finished.document["totals"]["updated"]) == (0, 1)
    assert (field_of(edited, "title"), start_of(edited)) == (TITLE, "2026-11-28T18:10:00+00:00")
    assert field_of(edited, "stream_channel_id") == edited.value(
        "SELECT id FROM streamchannel WHERE name = 'SpeedGaming'"
    )
    assert edited.players_of(EPISODE) == {"aurelio", "sg_4377"}
    assert crew_of(edited) == {("quill", "commentator", True)}
    edit(edited, "title", "Showcase again")
    assert totals(edited.import_all()) == {"skipped": 1}
    assert field_of(edited, "title") == "Showcase again"


def test_overwrite_leaves_the_channel_where_the_answer_has_none_to_win(league: Scene) -> None:
    """What was imported before may be gone: the match has been taken off it, and it was deleted."""
    edit(league, "stream_channel_id", None)
    league.execute("DELETE FROM streamchannel")
    edit(league, "title", "Showcase")
    episode = make_episode(EPISODE)
    del episode["channels"]
    league.episodes = [episode]
    report = league.import_into(1, overwrite=True)
    assert (report.exit_code, field_of(league, "title")) == (0, TITLE)
    assert field_of(league, "stream_channel_id") is None


def test_overwrite_does_not_take_rank_or_station(league: Scene) -> None:
    league.execute(STATION, "sg_4377")
    league.episodes = [make_episode(EPISODE, make_player())]
    league.import_into(1, overwrite=True)
    with warnings() as lines:
        league.import_into(1, overwrite=True)
    assert any(line.endswith("(it has a rank or a station)") for line in lines)
    assert league.players_of(EPISODE) == {"aurelio", "sg_4377"}


def test_overwrite_of_one_episode_leaves_the_others(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE), make_episode(EPISODE + 1))
    for episode_id in (EPISODE, EPISODE + 1):
        edit(scene, "title", "Showcase", episode_id)
    scene.import_into(1, EPISODE, overwrite=True)
    assert (field_of(scene, "title"), field_of(scene, "title", EPISODE + 1)) == (TITLE, "Showcase")


def test_who_was_seated_here_and_then_listed_upstream_leaves_with_upstream(league: Scene) -> None:
    seat(league, league.add_user(300000000000000003, "Corvid"))
    corvid = make_player(4500, "Corvid", discordId="300000000000000003")
    league.episodes = [make_episode(EPISODE, make_player(), corvid)]
    league.import_all()
    assert league.players_of(EPISODE) == {"aurelio", "corvid"}
    league.episodes = [make_episode(EPISODE, match1=make_match(make_player()))]
    league.import_all()
    assert league.players_of(EPISODE) == {"aurelio"}
