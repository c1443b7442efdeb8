"""What became of a tournament's episodes, as counts and as log lines."""

import logging
from collections.abc import Mapping

import pytest

from sgsync.apply.ids import Applied
from sgsync.apply.outcome import Imported, Poisonous, Step, narrate, report_on
from sgsync.fetch.answers import Rejected, Schedule
from sgsync.plan.actions import Plan
from sgsync.snapshot.values import Role, Snapshot
from tests.feed_json import make_channel, make_crew, make_player
from tests.plan.episodes import episode, hear, plan_for
from tests.plan.world import World
from tests.snapshots import (
    START,
    make_known_channel,
    make_ledger_entry,
    make_placeholder,
    make_snapshot,
    make_tournament,
    make_user,
)

EPISODE = episode(
    12345,
    make_player(1, "synack", discordId="100"),
    make_player(11111, "John", discordId=""),
    make_player(3, "New", discordId="101"),
    make_player(4, "Old", discordId="102", discordTag="old#0"),
    commentators=[make_crew(88, "Quill", discordId="")],
)
SNAPSHOT = make_snapshot(
    make_user(123, 100),
    make_placeholder(124, "sg_4"),
    make_placeholder(125, "sg_1"),
)
APPLIED = Applied({"sg_11111": 456, "discord:101": 457, "sg_crew_88": 458}, {}, {12345: 789})

ANN, BEN = make_player(1, "Ann", discordId="100"), make_player(2, "Ben", discordId="101")
CID, QUILL = make_player(3, "Cid", discordId="102"), make_crew(9, "Quill", discordId="103")


def imported(
    plan: Plan, applied: Applied | None = None, kept_matches: Mapping[int, str] | None = None
) -> Imported:
    return Imported(make_tournament(), Schedule(()), (Step(plan, applied, kept_matches or {}),))


def import_of(*numbers: int, snapshot: Snapshot) -> Imported:
    episodes = tuple(episode(number) for number in numbers)
    plan = plan_for(*episodes, snapshot=snapshot)
    return Imported(make_tournament(), Schedule(episodes), (Step(plan, None),))


@pytest.fixture
def world() -> World:
    """One match, of users 1 (Ann), 2 (Ben) and 3 (Quill, a commentator)."""
    world = World()
    world.hear(episode(1, ANN, BEN, commentators=[QUILL], channels=[]))
    return world


def told(plan: Plan, kept_matches: Mapping[int, str] | None = None) -> list[tuple[str, str]]:
    lines = narrate(imported(plan, Applied({"discord:102": 4}), kept_matches))
    return [(logging.getLevelName(level), line) for level, line in lines]


def test_an_import_is_told_in_the_promised_words() -> None:
    assert list(narrate(imported(plan_for(EPISODE, snapshot=SNAPSHOT), APPLIED))) == [
        (logging.INFO, line)
        for line in (
            "Merged placeholder user 125 (sg_1) into user 123",
            "Upgraded placeholder user 124 to 'old' (Discord ID: 102)",
            "Created user 457 for 'New' (Discord ID: 101)",
            "Created placeholder user 456 for SpeedGaming player 'John' (ID: 11111)",
            "Created placeholder user 458 for SpeedGaming commentator 'quill' (ID: 88)",
            "Matched player 'synack' to existing user 123",
            "Matched player 'Old' to existing user 124",
            "Created match 789 for episode 12345",
            "Added player 123 to match 789",
            "Added player 456 to match 789",
            "Added player 457 to match 789",
            "Added player 124 to match 789",
            "Added commentator 458 to match 789",
        )
    ]


def test_every_change_of_a_match_is_a_line(world: World) -> None:
    later = START.replace(minute=40)
    quill = {**QUILL, "approved": False}
    plan = world.plan_of(episode(1, ANN, CID, title="Finals", start=later, commentators=[quill], channels=[]))
    assert told(plan) == [
        ("INFO", "Created user 4 for 'Cid' (Discord ID: 102)"),
        ("INFO", "Updated match 901 for episode 1: time 2026-11-28 18:10 UTC -> 2026-11-28 18:40 UTC"),
        ("INFO", "Updated match 901 for episode 1: title Standard - Week 1 -> Finals"),
        ("INFO", "Removed player 2 from match 901"),
        ("INFO", "Added player 4 to match 901"),
        ("INFO", "Took back the approval of commentator 3 in match 901"),
    ]


def test_a_channel_is_told_by_its_name(world: World) -> None:
    world.hear(episode(1, ANN, BEN, commentators=[QUILL], channels=[make_channel("ALTTPR1")]))
    plan = world.plan_of(episode(1, ANN, BEN, commentators=[QUILL], channels=[make_channel("ALTTPR2")]))
    assert told(plan) == [("INFO", "Updated match 901 for episode 1: channel ALTTPR1 -> ALTTPR2")]


def test_a_kept_edit_is_a_warning_with_both_sides(world: World) -> None:
    world.edit(1, title="Edited")
    world.seat(1, Role.PLAYER, 2, is_pristine=False)
    plan = world.plan_of(episode(1, ANN, title="Finals", commentators=[QUILL], channels=[]))
    about = "Kept local edit in match 901 for episode 1:"
    assert told(plan) == [
        ("WARNING", f"{about} title is Edited, SpeedGaming says Finals"),
        (
            "WARNING",
            f"{about} player Ben is listed, SpeedGaming says not listed (it has a rank or a station)",
        ),
    ]


def test_a_frozen_match_that_should_change_is_told(world: World) -> None:
    world.freeze(1, "it has started")
    plan = world.plan_of(episode(1, ANN, BEN, title="Finals", commentators=[QUILL], channels=[]))
    assert told(plan) == [
        (
            "INFO",
            "Left match 901 for episode 1 as it is, it has started; not followed: title Standard - Week 1 -> Finals",
        )
    ]


def test_a_frozen_match_whose_episode_is_missing_is_told(world: World) -> None:
    world.freeze(1, "it has started")
    sentence = "Left match 901 for episode 1 as it is, it has started; its episode is missing from SpeedGaming's schedule"
    assert told(world.plan(hear(window=world.window))) == [("INFO", sentence)]


MATCH = "match 901 ('Standard - Week 1', 2026-11-28 18:10 UTC)"


@pytest.mark.parametrize(
    ("delete", "kept_matches", "fate"),
    [
        (False, {}, "is kept"),
        (True, {}, "is deleted"),
        (True, {901: "public.bracket"}, "is kept, because table public.bracket refers to it"),
    ],
)
def test_a_cancellation_is_a_warning_that_says_what_became_of_the_match(
    world: World, delete: bool, kept_matches: dict[int, str], fate: str
) -> None:
    plan = world.plan(world.asked(1, gone=True), delete_cancelled=delete)
    sentence = f"Episode 1 is cancelled (SpeedGaming no longer has the episode): {MATCH} {fate}"
    assert told(plan, kept_matches) == [("WARNING", sentence)]


def test_a_match_that_is_active_again_is_told(world: World) -> None:
    world.do(world.plan(world.asked(1, gone=True)))
    plan = world.plan_of(episode(1, ANN, BEN, commentators=[QUILL], channels=[]))
    assert told(plan) == [("INFO", "Episode 1 is back on SpeedGaming: match 901 is active again")]


def test_a_dry_run_claims_no_deeds() -> None:
    assert list(narrate(imported(plan_for(EPISODE, snapshot=SNAPSHOT), applied=None))) == []


def test_what_was_left_is_told_and_what_is_known_only_on_request(world: World) -> None:
    world.hear(episode(2))
    world.delete(2)
    plan = world.plan_of(episode(1, ANN, BEN, commentators=[QUILL], channels=[]), episode(2))
    assert {line.split(":")[0]: level for level, line in told(plan)} == {
        "Episode 1 is known as match 901": "DEBUG",
        "Episode 2 was imported before and its match was deleted": "INFO",
    }


def test_an_adoption_is_told(world: World) -> None:
    world.forget()
    plan = world.plan_of(episode(1, ANN, BEN, commentators=[QUILL], channels=[]))
    assert told(plan) == [("INFO", "Adopted match 901 for episode 1")]


def test_a_channel_of_another_organization_is_a_warning() -> None:
    snapshot = make_snapshot(channels=[make_known_channel(31, "SpeedGaming", organization_id=99)])
    ((level, line),) = narrate(import_of(1, 2, snapshot=snapshot))
    assert level == logging.WARNING
    assert "'SpeedGaming'" in line


def test_malformed_and_refused_episodes_are_problems_that_say_which_and_why() -> None:
    schedule = Schedule(
        (EPISODE,), (Rejected(3, 75004, "when: is missing"), Rejected(5, None, "is no object"))
    )
    broken = Imported(
        make_tournament(), schedule, (), (Poisonous(12345, "value too long"),), ("Table bracket forbids it.",)
    )
    sentences = (
        "Skipped malformed episode 75004: when: is missing",
        "Skipped malformed entry 6 of the schedule: is no object",
        "Episode 12345 was left out, the database refused it: value too long",
        "Table bracket forbids it.",
    )
    assert broken.problems == sentences
    assert list(narrate(broken)) == [(logging.WARNING, sentence) for sentence in sentences]
    report = report_on(broken)
    assert (report.fetched, report.imported, report.skipped, report.failed) == (3, 0, 0, 3)


def test_whatever_is_left_as_it_was_counts_as_skipped() -> None:
    report = report_on(import_of(2, 3, snapshot=make_snapshot(ledger=[make_ledger_entry(2)])))
    assert (report.fetched, report.imported, report.skipped, report.failed) == (2, 1, 1, 0)


def test_what_changed_counts_as_updated_and_what_was_kept_as_skipped(world: World) -> None:
    world.hear(episode(2), episode(3))
    world.edit(2, title="Edited")
    world.freeze(3)
    plan = world.plan_of(*(episode(number, title="Finals") for number in (1, 2, 3)))
    report = report_on(imported(plan))
    assert (report.updated, report.skipped) == (1, 2)


@pytest.mark.parametrize(("kept_matches", "deleted"), [({}, 1), ({901: "public.bracket"}, 0)])
def test_only_a_match_that_went_counts_as_deleted(
    world: World, kept_matches: dict[int, str], deleted: int
) -> None:
    plan = world.plan(world.asked(1, gone=True), delete_cancelled=True)
    report = report_on(imported(plan, Applied(), kept_matches))
    assert (report.cancelled, report.deleted, report.updated) == (1, deleted, 0)


def test_an_episode_that_is_back_counts_as_updated(world: World) -> None:
    world.do(world.plan(world.asked(1, gone=True)))
    plan = world.plan_of(episode(1, ANN, BEN, commentators=[QUILL], channels=[]))
    assert report_on(imported(plan)).updated == 1


def test_an_import_that_writes_nothing_changes_nothing(world: World) -> None:
    assert not imported(
        world.plan_of(episode(1, ANN, BEN, commentators=[QUILL], channels=[]))
    ).shows_something
    assert imported(world.plan_of(episode(2))).shows_something
