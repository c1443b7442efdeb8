"""What SpeedGaming changes, the matches follow: that much and nothing else."""

from copy import deepcopy

import pytest

from tests.changes.helpers import (
    EPISODE,
    TITLE,
    crew_of,
    events_of,
    field_of,
    imported,
    match_of,
    match_row,
    start_of,
    totals,
)
from tests.feed_json import make_channel, make_crew, make_episode, make_match, make_player
from tests.scene import RUN_RECORD, Scene, changed_tables

LATER = "2026-11-28T18:40:00+00:00"
AURELIO = make_player()
BITWING = make_player(4377, "Bitwing", discordId="")
CORVID = make_player(4500, "Corvid", discordId="300000000000000003")


def change(scene: Scene, **fields: object) -> dict[str, int]:
    """Import with the episode changed upstream; what was counted."""
    scene.episodes = [make_episode(EPISODE, **fields)]
    return totals(scene.import_all())


@pytest.fixture
def league(scene: Scene) -> Scene:
    return imported(scene)


def test_a_match_moved_by_half_an_hour_moves(league: Scene) -> None:
    match = match_of(league)
    assert change(league, when=LATER, whenCountdown=LATER) == {"updated": 1}
    assert (start_of(league), match_of(league)) == (LATER, match)


def test_only_the_race_start_counts(league: Scene) -> None:
    before = match_row(league)
    assert change(league, when="2026-11-28T17:30:00+00:00") == {"skipped": 1}
    assert match_row(league) == before


def test_a_retitled_match_is_retitled(league: Scene) -> None:
    assert field_of(league, "title") == TITLE
    assert change(league, title="Grand final") == {"updated": 1}
    assert field_of(league, "title") == "Grand final"


def test_a_replaced_player_is_replaced_and_the_other_stays(league: Scene) -> None:
    kept = "SELECT p.ctid::text, p.xmin::text, p.* FROM matchplayers p JOIN users u ON u.id = user_id WHERE discord_username = 'aurelio'"
    before = league.rows(kept)
    assert change(league, match1=make_match(AURELIO, CORVID)) == {"updated": 1}
    assert league.players_of(EPISODE) == {"aurelio", "corvid"}
    assert league.rows(kept) == before
    assert league.count("tournamentplayers") == 3


def test_a_player_who_leaves_stays_a_member_and_registered(league: Scene) -> None:
    change(league, match1=make_match(AURELIO))
    assert league.players_of(EPISODE) == {"aurelio"}
    assert (league.count("users"), league.count("organizationmember")) == (3, 3)
    assert league.count("tournamentplayers") == 2


def test_an_approved_commentator_is_approved_in_his_row(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE, commentators=[make_crew(approved=False)]))
    row = scene.value("SELECT id FROM crew")
    assert crew_of(scene) == {("quill", "commentator", False)}
    assert change(scene) == {"updated": 1}
    assert crew_of(scene) == {("quill", "commentator", True)}
    assert scene.value("SELECT id FROM crew") == row


def test_an_approval_can_be_taken_back(league: Scene) -> None:
    assert change(league, commentators=[make_crew(approved=False)]) == {"updated": 1}
    assert crew_of(league) == {("quill", "commentator", False)}


def test_crew_comes_goes_and_changes_its_role(league: Scene) -> None:
    change(
        league,
        commentators=[],
        trackers=[make_crew()],
        broadcasters=[make_crew(88102, "Rosetta", discordId="")],
    )
    assert crew_of(league) == {("quill", "tracker", True), ("rosetta", "restreamer", True)}


def test_a_sign_up_with_a_new_id_of_the_same_volunteer_changes_no_row(league: Scene) -> None:
    before = league.rows("SELECT ctid::text, xmin::text, c.* FROM crew c")
    change(league, commentators=[make_crew(99999)])
    assert league.rows("SELECT ctid::text, xmin::text, c.* FROM crew c") == before


def test_a_changed_channel_is_followed(league: Scene) -> None:
    assert change(league, channels=[make_channel("SpeedGaming2")]) == {"updated": 1}
    name = 'SELECT c.name FROM streamchannel c JOIN "match" m ON m.stream_channel_id = c.id'
    assert league.value(name) == "SpeedGaming2"


def test_a_removed_channel_is_removed(league: Scene) -> None:
    """Be it none any more, or a placeholder of one."""
    for channels in ([], [make_channel()], [make_channel("No Stream", slug="nostream")]):
        assert change(league, channels=channels) == {"updated": 1}
        assert (field_of(league, "stream_channel_id") is None) == (channels != [make_channel()])
    assert league.count("streamchannel") == 1


def test_a_held_episode_waits_until_its_times_are_right(league: Scene) -> None:
    assert change(league, whenCountdown=LATER, timezone="Europe/Berlin") == {"skipped": 1}
    assert start_of(league) != LATER
    assert change(league, whenCountdown=LATER) == {"updated": 1}
    assert start_of(league) == LATER


def test_an_episode_that_loses_all_its_players_leaves_its_match_alone(league: Scene) -> None:
    before = match_row(league)
    assert change(league, match1=make_match()) == {"skipped": 1}
    assert (match_row(league), len(league.players_of(EPISODE))) == (before, 2)


def test_an_update_moves_updated_at(league: Scene) -> None:
    before = field_of(league, "updated_at")
    change(league, title="Grand final")
    assert field_of(league, "updated_at") > before


def test_what_did_not_change_is_not_even_rewritten(scene: Scene) -> None:
    imported(scene, *(make_episode(EPISODE + index) for index in range(3)))
    before = scene.dump()
    scene.episodes[1] |= {"title": "Grand final"}
    scene.import_all()
    after = scene.dump()
    assert changed_tables(before, after) == RUN_RECORD | {
        "public.match",
        "public.audit_logs",
        "sgsync.episode",
        "sgsync.change",
        "sequence public.audit_logs_id_seq",
        "sequence sgsync.change_id_seq",
        "watch.updates",
    }
    for table in ("public.match", "sgsync.episode"):
        assert len(set(before[table]) & set(after[table])) == 2


def test_all_at_once_is_one_update(league: Scene) -> None:
    changed = make_episode(
        EPISODE,
        AURELIO,
        CORVID,
        title="Grand final",
        whenCountdown=LATER,
        channels=[make_channel("SpeedGaming2")],
        commentators=[],
        trackers=[make_crew()],
    )
    league.episodes = [changed]
    assert totals(league.import_all()) == {"updated": 1}
    assert (field_of(league, "title"), start_of(league)) == ("Grand final", LATER)
    assert sorted(events_of(league)) == ["added"] * 2 + ["changed"] * 3 + ["removed"] * 2
    (_, details) = league.audit()
    assert (details["imported"], details["updated"], details["success"]) == (0, 1, True)


def test_a_change_is_followed_once(league: Scene) -> None:
    change(league, title="Grand final")
    before = league.dump()
    assert change(league, title="Grand final") == {"skipped": 1}
    assert changed_tables(before, league.dump()) == RUN_RECORD


def test_a_change_that_is_taken_back_is_followed_back(league: Scene) -> None:
    original = deepcopy(league.episodes)
    change(league, title="Grand final", whenCountdown=LATER, match1=make_match(AURELIO, CORVID))
    league.episodes = original
    assert totals(league.import_all()) == {"updated": 1}
    assert field_of(league, "title") == TITLE
    assert league.players_of(EPISODE) == {"aurelio", "sg_4377"}


def test_rank_and_station_survive_any_number_of_runs(league: Scene) -> None:
    league.execute("UPDATE matchplayers SET finish_rank = id, assigned_station = 'station ' || id")
    before = league.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id")
    for title in ("A", "B", "C"):
        change(league, title=title)
        league.import_all()
    assert league.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id") == before


def test_a_new_tag_or_name_of_a_player_does_not_touch_his_row(league: Scene) -> None:
    league.execute("UPDATE matchplayers SET assigned_station = '3'")
    before = league.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id")
    renamed = [
        AURELIO | {"displayName": "A", "discordTag": "a#0"},
        BITWING | {"streamingFrom": "b", "discordTag": "b"},
    ]
    change(league, match1=make_match(*renamed))
    assert league.rows("SELECT ctid::text, p.* FROM matchplayers p ORDER BY id") == before


def test_no_update_imports_new_ones_only(league: Scene) -> None:
    before = match_row(league)
    league.episodes = [make_episode(EPISODE, title="Grand final"), make_episode(EPISODE + 1)]
    assert totals(league.import_all(update=False)) == {"imported": 1, "skipped": 1}
    assert match_row(league) == before
    league.episodes.pop(0)
    assert totals(league.import_all(update=False)) == {"skipped": 1}
    assert match_row(league) == before


def test_after_no_update_everything_is_caught_up_on(league: Scene) -> None:
    league.episodes = [make_episode(EPISODE, title="Grand final")]
    league.import_all(update=False)
    assert totals(league.import_all()) == {"updated": 1}
    assert field_of(league, "title") == "Grand final"
