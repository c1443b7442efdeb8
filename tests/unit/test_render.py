"""Plans on a terminal: complete, and harmless whatever the feed put into names."""

import json
from datetime import timedelta
from typing import Any

import pytest

from sgsync.cli.render_plans import plan_lines, print_plans
from sgsync.plan.actions import Plan
from sgsync.plan.describe import describe
from sgsync.report import RunReport, TournamentReport
from sgsync.snapshot.values import Role
from tests.feed_json import make_channel, make_crew, make_event, make_match, make_player
from tests.plan.episodes import NOW, episode, hear, plan_for
from tests.plan.world import World
from tests.snapshots import START, make_placeholder, make_snapshot, make_user

HARMFUL = "\x1b]0;title\x07\x1b[2J\n+ forged\u202e\u2066\ud800"
NOT_OF_THE_FEED = {"action", "scheduled_at", "finished_at"}
PLAYERS = (
    make_player(1, "Ann", discordId="100"),
    make_player(2, "Ben", discordId="9007199254740993"),
    make_player(3, "Cid", discordId=""),
    make_player(4, "Dot", discordId="102", discordTag="dot"),
)


def lines_of(plan: Plan) -> list[str]:
    return [line.strip() for action in describe(plan, {}) for line in plan_lines(action, NOW)]


def new_plan() -> Plan:
    """A plan with something of every kind to create and to leave."""
    crew = make_crew(9, "Quill", discordId="", approved=False)
    return plan_for(
        episode(
            1,
            match1=make_match(*PLAYERS, title="Finals"),
            channels=[make_channel("ALTTPR1")],
            commentators=[crew],
        ),
        episode(3, timezone="CET"),
        snapshot=make_snapshot(make_user(7, 100), make_placeholder(8, "sg_4"), make_placeholder(9, "sg_1")),
    )


def revision_plan() -> Plan:
    """A plan with every kind of change, a kept edit of each kind, a frozen match and a cancelled one."""
    world = World()
    crew = [make_crew(9, "Quill", discordId="109"), make_crew(10, "Flo", discordId="110")]
    world.hear(*(episode(number, *PLAYERS, commentators=crew) for number in (1, 2, 3, 4)))
    world.edit(2, scheduled_at=None)
    world.seat(2, Role.PLAYER, world.user_id("Cid"), is_pristine=False)
    world.seat(2, Role.COMMENTATOR, world.user_id("quill"), approved=False, is_pristine=False)
    world.freeze(3)
    world.do(world.plan(world.asked(1, gone=True)))
    ann, ben, _, dot = PLAYERS
    changed: dict[str, Any] = {
        "start": START + timedelta(minutes=30),
        "channels": [make_channel("ALTTPR1")],
        "commentators": [{**crew[0], "approved": False}, crew[1]],
    }
    elsewhere = episode(4, event=make_event("smz3"))
    eva = make_player(5, "Eva", discordId="")
    return world.plan(
        hear(
            *(episode(number, ann, ben, eva, dot, **changed) for number in (1, 2, 3)), window=world.window
        ).after_asking([elsewhere], [4], []),
        delete_cancelled=True,
    )


def actions() -> list[dict[str, Any]]:
    return [dict(action) for plan in (new_plan(), revision_plan()) for action in describe(plan, {})]


def test_a_plan_is_told_in_the_order_in_which_it_happens() -> None:
    *lines, last = lines_of(new_plan())
    assert last.startswith("Held episode 3: its time zone field says 'CET'")
    assert lines == [
        "~ placeholder user 9 (sg_1) is merged into user 7",
        "~ placeholder user 8 becomes dot (Discord ID: 102)",
        "+ user Ben (Discord ID: 9007199254740993)",
        "+ placeholder sg_3 for Cid",
        "+ placeholder sg_crew_9 for quill",
        "+ channel ALTTPR1",
        "+ match for episode 1: Finals",
        "2026-11-28 18:10 UTC (in 6 hours) on ALTTPR1",
        "players: Ann (user 7) vs Ben (new user) vs Cid (new placeholder) vs Dot (user 8)",
        "crew: commentator quill (new placeholder) (not approved)",
    ]


def test_a_changed_match_is_told_like_a_diff() -> None:
    lines = lines_of(revision_plan())
    start = lines.index("~ match 901 for episode 1: Standard - Week 1 (back on SpeedGaming)")
    assert lines[start + 1 : start + 6] == [
        "time: 2026-11-28 18:10 UTC (in 6 hours) -> 2026-11-28 18:40 UTC (in 7 hours)",
        "channel: SpeedGaming -> ALTTPR1",
        "- player Cid",
        "+ player Eva (new placeholder)",
        "commentator quill: not approved any more",
    ]


def test_kept_edits_are_told_with_both_sides() -> None:
    lines = lines_of(revision_plan())
    assert [line for line in lines if line.startswith("kept local edit")] == [
        "kept local edit of time: none, SpeedGaming says 2026-11-28 18:40 UTC (in 7 hours)",
        "kept local edit of player Cid: listed, SpeedGaming says not listed (it has a rank or a station)",
    ]


def test_frozen_and_cancelled_matches_say_why() -> None:
    lines = lines_of(revision_plan())
    assert "! match 903 for episode 3: Standard - Week 1 (frozen: it has started)" in lines
    start = lines.index("- match 904 for episode 4: Standard - Week 1")
    assert lines[start + 1 : start + 3] == [
        "2026-11-28 18:10 UTC (in 6 hours)",
        "it moved to the event 'smz3'; its match is deleted",
    ]


def test_a_match_that_cannot_be_deleted_names_the_table_that_keeps_it() -> None:
    lines = [
        line
        for action in describe(revision_plan(), {904: "public.bracket"})
        for line in plan_lines(action, NOW)
    ]
    assert "    it moved to the event 'smz3'; its match is kept, table public.bracket refers to it" in lines


def test_a_plan_is_json_and_discord_ids_survive_it() -> None:
    planned = actions()
    assert json.loads(json.dumps(planned)) == planned
    (user,) = [action for action in planned if action["action"] == "create_user"]
    assert user["discord_id"] == "9007199254740993"


def test_what_the_feed_says_cannot_harm_a_terminal_or_forge_a_line() -> None:
    for action in actions():
        harmed = {name: value if name in NOT_OF_THE_FEED else _harm(value) for name, value in action.items()}
        lines = plan_lines(harmed, NOW)
        assert len(lines) == len(plan_lines(action, NOW))
        assert all(len(line.splitlines()) == 1 for line in lines)
        assert not set("".join(lines)) & set("\x1b\x07\u202e\u2066\ud800")


def _harm(value: Any) -> Any:
    if isinstance(value, str):
        return value + HARMFUL
    if isinstance(value, list):
        return [
            {name: each if _is_ours(name, each) else _harm(each) for name, each in item.items()}
            for item in value
        ]
    return value


def _is_ours(name: str, value: Any) -> bool:
    """What sgsync itself writes: names of fields, and times."""
    return name in {"field", "what"} or (isinstance(value, str) and value.startswith("2026-"))


def printed(*tournaments: TournamentReport) -> None:
    print_plans(RunReport(tournaments), NOW)


def test_markup_and_emoji_codes_in_names_are_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    action = {"action": "create_channel", "name": "[red]:smile:[/red]"}
    printed(TournamentReport(5, "[link=x]League", "league", actions=(action,)))
    assert capsys.readouterr().out == "Tournament 5 ([link=x]League):\n+ channel [red]:smile:[/red]\n"


def test_a_long_line_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    action = {"action": "create_channel", "name": "n" * 5000}
    printed(TournamentReport(5, "League", "league", actions=(action,)))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_tournament_without_anything_to_do_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    printed(TournamentReport(5, "League", "league", actions=()), TournamentReport(6, "Cup", None))
    assert capsys.readouterr().out.splitlines() == [
        "Tournament 5 (League):",
        "  nothing to do",
        "Tournament 6 (Cup):",
        "  nothing to do",
    ]


def test_a_harmful_tournament_name_is_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    printed(TournamentReport(5, f"League{HARMFUL}", "league", actions=()))
    assert "\x1b" not in capsys.readouterr().out
