"""What an episode looks like as a match: its start, title and channel."""

from datetime import UTC, datetime
from typing import Any

import pytest

from sgsync.plan.actions import NewChannel, NewMatch
from tests.feed_json import make_channel, make_match, make_player
from tests.plan.episodes import episode, plan_for
from tests.snapshots import make_known_channel, make_snapshot

PLAYERS = (make_player(1, "Ann"), make_player(2, "Ben", discordId=""))


def new_match(**fields: Any) -> NewMatch:
    (match,) = plan_for(episode(**fields)).new_matches
    return match


def title(match1: tuple[str, str], match2: tuple[str, str] | None = None, own: str = "") -> str:
    second = make_match(title=match2[0], note=match2[1]) if match2 else None
    return new_match(
        title=own, match1=make_match(*PLAYERS, title=match1[0], note=match1[1]), match2=second
    ).title


def test_a_match_starts_when_the_race_does() -> None:
    match = new_match(when="2026-11-28T18:00:00+00:00", whenCountdown="2026-11-28T19:10:00+01:00")
    assert match.scheduled_at == datetime(2026, 11, 28, 18, 10, tzinfo=UTC)
    assert match.scheduled_at.tzinfo is UTC


def test_a_match_starts_with_the_broadcast_where_no_race_start_is_known() -> None:
    match = new_match(when="2026-11-28T18:00:00+00:00", whenCountdown="")
    assert match.scheduled_at == datetime(2026, 11, 28, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("own", "match1", "match2", "expected"),
    [
        ("Grand Final", ("Title 1", "Note 1"), ("Title 2", "Note 2"), "Grand Final"),
        (" \n", ("Title 1", "Note 1"), ("Title 2", "Note 2"), "Title 1"),
        ("", ("", "Note 1"), ("Title 2", "Note 2"), "Title 2"),
        ("", ("", "Swiss Round 5"), ("", "Note 2"), "Swiss Round 5"),
        ("", ("", ""), ("", "Note 2"), "Note 2"),
        ("", ("", ""), None, "Ann vs Ben"),
    ],
)
def test_the_title_is_the_first_thing_that_anybody_wrote(
    own: str, match1: tuple[str, str], match2: tuple[str, str] | None, expected: str
) -> None:
    assert title(match1, match2, own) == expected


def test_who_plays_whom_leaves_out_what_only_fills_a_seat() -> None:
    seats = (*PLAYERS, make_player(3, "Winner of Match 3"), make_player(4, "x", publicStream="ignore"))
    assert new_match(match1=make_match(*seats, title="")).title == "Ann vs Ben"


def test_who_plays_whom_names_everybody_of_both_matches_once() -> None:
    second = make_match(make_player(3, "Cid"), PLAYERS[0], title="")
    assert new_match(match1=make_match(*PLAYERS, title=""), match2=second).title == "Ann vs Ben vs Cid"


def test_a_title_is_cut_to_the_column_between_two_characters() -> None:
    assert new_match(title="x" * 5000).title == "x" * 255
    assert new_match(title="x" * 254 + "e\u0301" + "x").title == "x" * 254


def test_the_channel_is_the_first_real_one() -> None:
    placeholders = [
        make_channel("Undecided", id=31),
        make_channel("NoStream", slug="norestream"),
        make_channel("No Stream"),
    ]
    channels = [*placeholders, make_channel("ALTTPR1"), make_channel("ALTTPR2")]
    assert new_match(channels=channels).channel == "ALTTPR1"
    assert new_match(channels=placeholders).channel is None
    assert new_match(channels=[]).channel is None


CHANNELS = [
    make_channel("Deutsch", language="de"),
    make_channel("English1"),
    make_channel("English2"),
    make_channel("Silent", language=""),
]


@pytest.mark.parametrize(("language", "expected"), [("en", "English1"), ("de", "Deutsch"), ("fr", "Deutsch")])
def test_the_wanted_language_comes_before_the_others(language: str, expected: str) -> None:
    (match,) = plan_for(episode(channels=CHANNELS), channel_language=language).new_matches
    assert match.channel == expected


def test_a_known_channel_of_the_organization_is_used() -> None:
    snapshot = make_snapshot(channels=[make_known_channel(31, "SpeedGaming")])
    plan = plan_for(episode(channels=[make_channel("SpeedGaming")]), snapshot=snapshot)
    assert [match.channel for match in plan.new_matches] == [31]
    assert (plan.new_channels, plan.warnings) == ((), ())


def test_an_unknown_channel_is_created_once() -> None:
    channels = [make_channel("SpeedGaming", slug="speedgaming")]
    plan = plan_for(episode(1, channels=channels), episode(2, channels=channels))
    assert plan.new_channels == (NewChannel("SpeedGaming", "https://twitch.tv/speedgaming"),)
    assert [match.channel for match in plan.new_matches] == ["SpeedGaming"] * 2


def test_no_channel_is_created_that_no_match_is_on() -> None:
    assert [channel.name for channel in plan_for(episode(channels=CHANNELS)).new_channels] == ["English1"]


@pytest.mark.parametrize(
    ("slug", "url"),
    [
        ("", None),
        ("speed/../gaming?x", "https://twitch.tv/speed%2F..%2Fgaming%3Fx"),
        ("s" * 5000, None),
    ],
)
def test_a_stream_address_leads_to_twitch_and_fits_its_column(slug: str, url: str | None) -> None:
    (channel,) = plan_for(episode(channels=[make_channel("n" * 5000, slug=slug)])).new_channels
    assert channel == NewChannel("n" * 255, url)


def test_a_channel_of_another_organization_is_left_there_with_one_warning() -> None:
    snapshot = make_snapshot(channels=[make_known_channel(31, "SpeedGaming", organization_id=99)])
    plan = plan_for(episode(1), episode(2), snapshot=snapshot)
    assert [match.channel for match in plan.new_matches] == [None, None]
    assert plan.new_channels == ()
    (warning,) = plan.warnings
    assert "'SpeedGaming' belongs to another organization" in warning
