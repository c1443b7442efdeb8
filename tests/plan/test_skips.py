"""Which episodes are not imported, and that each of them says why."""

from dataclasses import replace
from typing import Any

import pytest

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import SkipReason
from sgsync.snapshot.values import Role, Snapshot
from tests.feed_json import Json, make_crew, make_event, make_match, make_player
from tests.plan.episodes import episode, only_skip, plan_for
from tests.plan.world import World
from tests.snapshots import make_known_match, make_ledger_entry, make_snapshot


def snapshot_after(*episodes: SpeedGamingEpisode) -> Snapshot:
    world = World()
    world.hear(*episodes)
    return world.snapshot()


ANYTHING = make_snapshot()
KNOWN = snapshot_after(episode(75000))
ELSEWHERE = make_snapshot(
    matches=[replace(make_known_match(75000, 900, tournament_id=6), tournament_slug="alttprleague")]
)
DELETED = make_snapshot(ledger=[replace(make_ledger_entry(75000), told={"deleted": "yes"})])


def no_people(**fields: str) -> dict[str, Any]:
    return make_match(make_player(1, **fields), make_player(2, **fields))


@pytest.mark.parametrize(
    ("snapshot", "fields", "reason", "sentence"),
    [
        (KNOWN, {}, SkipReason.KNOWN, "Episode 75000 is known as match 901"),
        (
            ELSEWHERE,
            {},
            SkipReason.OTHER_TOURNAMENT,
            "Episode 75000 is match 900 of tournament 6: left there",
        ),
        (
            ANYTHING,
            {"timezone": "CET"},
            SkipReason.HELD,
            "Held episode 75000: its time zone field says 'CET'",
        ),
        (
            ANYTHING,
            {"match1": make_match()},
            SkipReason.NO_PLAYERS,
            "Skipped episode 75000: it has no players",
        ),
        (ANYTHING, {"match1": None}, SkipReason.NO_PLAYERS, "Skipped episode 75000: it has no players"),
        (
            ANYTHING,
            {"match1": no_people(displayName="Winner of Match 3")},
            SkipReason.NO_PLAYERS,
            "Skipped episode 75000: it has no players",
        ),
        (
            ANYTHING,
            {"match1": no_people(publicStream="ignore")},
            SkipReason.NO_PLAYERS,
            "Skipped episode 75000: it has no players",
        ),
        (
            ANYTHING,
            {"event": make_event("smz3")},
            SkipReason.OTHER_EVENT,
            "Skipped episode 75000: it belongs to event 'smz3', not 'alttprleague'",
        ),
        (
            DELETED,
            {},
            SkipReason.DELETED,
            "Episode 75000 was imported before and its match was deleted: not imported again",
        ),
    ],
)
def test_what_is_not_imported_says_why(
    snapshot: Snapshot, fields: dict[str, Any], reason: SkipReason, sentence: str
) -> None:
    skip = only_skip(plan_for(episode(**fields), snapshot=snapshot))
    assert (skip.episode_id, skip.reason) == (75000, reason)
    assert skip.sentence.startswith(sentence)


def test_a_skipped_episode_does_not_stop_its_neighbours() -> None:
    plan = plan_for(episode(74999), episode(75000), episode(75001, timezone="CET"), snapshot=DELETED)
    assert [match.episode_id for match in plan.new_matches] == [74999]
    assert [skip.episode_id for skip in plan.skips] == [75000, 75001]


def test_nobody_is_created_for_a_skipped_episode() -> None:
    plan = plan_for(episode(timezone="CET", commentators=[make_crew()]))
    assert plan.is_empty
    assert plan.identities.persons == {}


@pytest.mark.parametrize("event", [None, make_event(""), make_event()])
def test_an_episode_that_names_no_other_event_is_imported(event: Json | None) -> None:
    assert plan_for(episode(event=event)).new_matches


def test_a_tournament_without_an_event_takes_what_an_operator_gives_it() -> None:
    assert plan_for(episode(), snapshot=make_snapshot(slug=None)).new_matches


def test_an_episode_is_imported_once_its_time_zone_is_cleared() -> None:
    assert plan_for(episode(timezone=" \n")).new_matches


def test_an_episode_that_is_not_approved_yet_is_imported() -> None:
    assert plan_for(episode(approved=False)).new_matches


def test_one_person_among_seats_is_enough() -> None:
    match = make_match(make_player(1, "Ann"), make_player(2, "Loser of Match 3"))
    (new,) = plan_for(episode(match1=match)).new_matches
    assert [signup.name for signup in new.signups if signup.role is Role.PLAYER] == ["Ann"]


def test_an_operator_brings_back_a_match_that_an_admin_deleted() -> None:
    both = (episode(75000), episode(75001))
    snapshot = make_snapshot(ledger=[make_ledger_entry(75000), make_ledger_entry(75001)])
    plan = plan_for(*both, snapshot=snapshot, requested=frozenset({75000}))
    assert [match.episode_id for match in plan.new_matches] == [75000]
    assert [(skip.episode_id, skip.reason) for skip in plan.skips] == [(75001, SkipReason.DELETED)]


def test_the_sentence_on_a_deleted_match_names_the_command_that_brings_it_back() -> None:
    skip = only_skip(plan_for(episode(), snapshot=DELETED))
    assert "sgsync import 5 --episode 75000" in skip.sentence


@pytest.mark.parametrize(
    ("snapshot", "fields"), [(KNOWN, {}), (ELSEWHERE, {}), (ANYTHING, {"timezone": "CET"})]
)
def test_asking_for_an_episode_by_id_lifts_no_other_rule(snapshot: Snapshot, fields: dict[str, Any]) -> None:
    only_skip(plan_for(episode(**fields), snapshot=snapshot, requested=frozenset({75000})))


def test_a_known_episode_changes_nothing() -> None:
    assert plan_for(episode(), snapshot=KNOWN).is_empty
