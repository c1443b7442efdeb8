from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from pydantic import TypeAdapter, ValidationError

from sgsync.fetch.wire import (
    SpeedGamingChannel,
    SpeedGamingCrewMember,
    SpeedGamingEpisode,
    SpeedGamingMatch,
    SpeedGamingPlayer,
)
from tests.feed_json import make_channel, make_crew, make_episode, make_match, make_player

Kind = TypeVar("Kind")


def read_as(kind: type[Kind], value: Any) -> Kind:
    return TypeAdapter(kind).validate_python(value)


def episode(**fields: Any) -> SpeedGamingEpisode:
    return read_as(SpeedGamingEpisode, make_episode(**fields))


def player(player_id: Any = 5, **fields: Any) -> SpeedGamingPlayer:
    return read_as(SpeedGamingPlayer, make_player(player_id, **fields))


def channel(name: str = "SpeedGaming", **fields: Any) -> SpeedGamingChannel:
    return read_as(SpeedGamingChannel, make_channel(name, **fields))


def fault(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        episode(**fields)
    return caught.value.errors()[0]["msg"]


def test_an_ordinary_episode_keeps_what_it_says() -> None:
    read = episode()
    assert read.id == 75000
    assert read.event is not None
    assert read.event.slug == "alttprleague"
    assert [each.label for each in read.players] == ["Aurelio", "Bitwing"]
    assert read.commentators
    assert read.commentators[0].discord_id == 811000000000000001
    assert read.commentators[0].approved
    assert read.channels
    assert read.channels[0].is_real
    assert read.match2 is None


def test_only_id_and_when_are_needed() -> None:
    read = read_as(SpeedGamingEpisode, {"id": 1, "when": "2026-11-28T18:00:00+00:00"})
    assert (read.players, read.channels, read.commentators, read.event) == ((), None, None, None)
    assert (read.title, read.timezone) == (None, None)


def test_null_counts_as_absent_everywhere_but_in_id_and_when() -> None:
    optional = set(make_episode()) - {"id", "when"}
    assert episode(**dict.fromkeys(optional)) == read_as(
        SpeedGamingEpisode, {"id": 75000, "when": make_episode()["when"]}
    )


def test_a_key_that_is_only_ours_is_unknown_to_the_feed() -> None:
    assert read_as(SpeedGamingPlayer, {"id": 1, "discord_id": "777"}).discord_id is None


def test_unknown_keys_are_nobodys_problem() -> None:
    assert episode(surprise={"a": [1]}) == episode()


def test_an_episode_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        episode().title = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "expected"), [(1, 1), ("75010", 75010), ("007", 7), (2**31 - 1, 2**31 - 1)]
)
def test_an_episode_id_is_a_number_or_ascii_digits(given: Any, expected: int) -> None:
    assert episode(id=given).id == expected


@pytest.mark.parametrize(
    "given",
    [
        0,
        -5,
        2**31,
        True,
        1.0,
        "",
        " 1",
        "+1",
        "-1",
        "1_000",
        "\uff11\uff12",
        "²",
        "9" * 5000,
        None,
        [],
        {},
        [1],
    ],
)
def test_anything_else_is_no_episode_id(given: Any) -> None:
    message = fault(id=given)
    assert len(message) < 80


@pytest.mark.parametrize("given", [-1, 2**63, False, 1.5, "x", "", None, []])
def test_a_player_without_a_usable_id_makes_the_episode_malformed(given: Any) -> None:
    fault(match1=make_match(make_player(given)))


@pytest.mark.parametrize("given", [0, "0", -1, 2**63, True, 1.5, "", None])
def test_a_crew_member_without_a_usable_id_makes_the_episode_malformed(given: Any) -> None:
    fault(trackers=[make_crew(given)])


def test_a_roster_with_a_hole_makes_the_episode_malformed() -> None:
    assert fault(match1=make_match(make_player(), None))
    assert fault(commentators=[make_crew(), "nobody"])


def test_id_0_is_only_for_players_who_are_no_people() -> None:
    assert not player(0, publicStream="ignore").is_person
    with pytest.raises(ValidationError, match="one person of strangers"):
        player(0)


@pytest.mark.parametrize(("given", "expected"), [("1", 1), (str(2**63 - 1), 2**63 - 1)])
def test_a_discord_id_is_a_string_of_digits(given: str, expected: int) -> None:
    assert player(discordId=given).discord_id == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "0",
        "-1",
        "bitwing#1234",
        "\uff11\uff12\uff13",
        str(2**63),
        "9" * 5000,
        " 5",
        305419896012345678,
        True,
        None,
        [],
        {},
    ],
)
def test_any_other_discord_id_counts_as_missing(given: Any) -> None:
    assert player(discordId=given).discord_id is None


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-28T18:00:00+00:00",
        "2026-11-28T18:00:00Z",
        "2026-11-28T13:00:00-05:00",
        " 2026-11-28T18:00:00Z ",
    ],
)
def test_times_are_read_in_utc(given: str) -> None:
    read = episode(when=given)
    assert read.when == datetime(2026, 11, 28, 18, tzinfo=UTC)
    assert read.when.tzinfo is UTC


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("2026-11-28T18:00:00", "has no UTC offset"),
        ("2026-11-28", "has no UTC offset"),
        ("tomorrow-ish", "'tomorrow-ish' is not a time"),
        ("", "'' is not a time"),
        ("9999-12-31T23:59:59-12:00", "is out of range in UTC"),
        ("0001-01-01T00:00:00+12:00", "is out of range in UTC"),
        (1764352800, "is not a time"),
        (True, "is not a time"),
        (None, "is not a time"),
    ],
)
def test_a_time_that_is_none_is_named(given: Any, message: str) -> None:
    assert fault(when=given) == message


def test_the_race_starts_at_the_countdown_if_there_is_one() -> None:
    assert episode().race_start == datetime(2026, 11, 28, 18, 10, tzinfo=UTC)
    for absent in ("", " ", None):
        assert episode(whenCountdown=absent).race_start == datetime(2026, 11, 28, 18, tzinfo=UTC)


def test_a_broken_countdown_is_not_taken_for_an_absent_one() -> None:
    assert fault(whenCountdown="soon") == "'soon' is not a time"


@pytest.mark.parametrize("given", ["", " ", "\t\n", "\x00", None])
def test_blank_text_is_absent(given: Any) -> None:
    assert episode(title=given, timezone=given).title is None
    assert player(streamingFrom=given, publicStream=given).label == "Aurelio"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("\x1b]0;owned\x07\x1b[2Jname", "]0;owned [2Jname"),
        ("nul\x00 and \ud83d end", "nul and end"),
        ("x\nERROR: fine\u202egnp.exe", "x ERROR: fine gnp.exe"),
        ("[bold red]x[/bold red]", "[bold red]x[/bold red]"),
        ("  Zoë  🦀 ", "Zoë 🦀"),
    ],
)
def test_text_is_harmless_once_it_is_in(given: str, expected: str) -> None:
    assert player(displayName=given).display_name == expected


@pytest.mark.parametrize("given", [5, True, [], {}])
def test_text_is_text(given: Any) -> None:
    assert fault(title=given) == "is not text"


@pytest.mark.parametrize("given", [1, "true", []])
def test_approval_is_never_guessed(given: Any) -> None:
    assert fault(commentators=[make_crew(88000, approved=given)]) == "is not true or false"


def test_an_empty_approval_is_an_absent_one() -> None:
    (member,) = episode(commentators=[make_crew(88000, approved="")]).commentators or ()
    assert not member.approved


@pytest.mark.parametrize("name", ["channels", "commentators", "trackers", "broadcasters"])
def test_a_list_that_is_left_out_is_not_an_empty_one(name: str) -> None:
    """A partial payload says nothing of it, and nothing may be concluded."""
    assert getattr(read_as(SpeedGamingEpisode, {"id": 1, "when": "2026-11-28T18:00:00+00:00"}), name) is None
    assert getattr(episode(**{name: None}), name) is None
    assert getattr(episode(**{name: []}), name) == ()


@pytest.mark.parametrize("given", ["", "abc", {}, 5, True])
def test_a_list_is_a_list(given: Any) -> None:
    assert fault(channels=given) == "is not a list"


@pytest.mark.parametrize(
    "fields",
    [
        {"publicStream": "ignore"},
        {"publicStream": " IGNORE "},
        {"displayName": "Winner of Match 3"},
        {"streamingFrom": "loser OF 12"},
    ],
)
def test_seats_held_for_somebody_are_no_people(fields: dict[str, str]) -> None:
    assert not player(**fields).is_person


@pytest.mark.parametrize("name", ["Winner", "winner_of_hearts", "The Winner of", "Loser official", "ignore"])
def test_names_that_only_sound_alike_are_people(name: str) -> None:
    assert player(displayName=name, streamingFrom=name).is_person


def test_a_players_label_prefers_the_stream() -> None:
    names = {"displayName": "a", "publicStream": "b", "streamingFrom": "c"}
    assert player(**names).label == "c"
    assert player(**names | {"streamingFrom": ""}).label == "b"
    assert player(**names | {"streamingFrom": "", "publicStream": ""}).label == "a"
    assert player(displayName="", publicStream="", streamingFrom="").label is None


def test_a_crew_members_label_prefers_the_stream() -> None:
    assert read_as(SpeedGamingCrewMember, make_crew(name="Quill")).label == "quill"
    assert read_as(SpeedGamingCrewMember, make_crew(name="Quill", publicStream="")).label == "Quill"


def test_players_of_both_matches_are_listed_in_order() -> None:
    read = episode(match1=make_match(make_player(1), make_player(2)), match2=make_match(make_player(1)))
    assert [each.id for each in read.players] == [1, 2, 1]


def test_players_null_is_a_match_without_players() -> None:
    assert read_as(SpeedGamingMatch, {"players": None}).players == ()


@pytest.mark.parametrize("channel_id", [0, 31, 36, 62, 63, 64, 65])
def test_placeholder_channels_are_known_by_id(channel_id: int) -> None:
    assert not channel(id=channel_id).is_real


@pytest.mark.parametrize(
    "fields", [{"slug": "norestream"}, {"slug": "NoStream"}, {"name": ""}, {"name": None}]
)
def test_placeholder_channels_are_known_by_slug_and_name(fields: dict[str, Any]) -> None:
    assert not read_as(SpeedGamingChannel, make_channel() | fields).is_real


def test_placeholder_channels_are_known_by_a_space_in_the_name() -> None:
    assert not channel("No Stream", slug="x").is_real


@pytest.mark.parametrize("fields", [{}, {"id": ""}, {"id": None}, {"slug": ""}, {"id": "25"}])
def test_a_channel_needs_only_a_name_to_be_real(fields: dict[str, Any]) -> None:
    assert channel(**fields).is_real


def test_a_validation_error_never_echoes_the_input() -> None:
    with pytest.raises(ValidationError) as caught:
        episode(title=["canary-value"])
    assert "canary-value" not in str(caught.value)


@pytest.mark.parametrize(
    "fields", [{"trackers": [0] * 9}, {"match1": {"players": [0] * 9}}, {"channels": [0] * 9}]
)
def test_of_a_list_with_many_faults_the_first_is_enough(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        episode(**fields)
    assert caught.value.error_count() == 1
