import json
from pathlib import Path
from typing import Any

import pytest

from sgsync.errors import FeedError, FeedUnreachableError, FeedUnreadableError, UnknownToFeedError
from sgsync.fetch.answers import (
    Rejected,
    Schedule,
    read_answer,
    read_entries,
    read_episode,
    read_events,
    read_saved,
    read_schedule,
)
from tests.feed_json import make_crew, make_episode, make_event, make_match, make_player

SAMPLES = Path(__file__).parents[1] / "samples"
HOSTILE = (SAMPLES / "hostile.json").read_bytes()

HOSTILE_REJECTED = {
    1: (None, "is not an object"),
    2: (None, "is not an object"),
    3: (None, "is not an object"),
    4: (75004, "when: 'tomorrow-ish' is not a time"),
    5: (75005, "when: has no UTC offset"),
    6: (75006, "when: is out of range in UTC"),
    7: (None, "id: is not between 1 and 2147483647"),
    8: (None, "id: is not between 1 and 2147483647"),
    9: (None, "id: true is not a whole number"),
    14: (75014, "match1.players.1: is not an object"),
    31: (75031, "commentators.0.id: is missing"),
    38: (75000, "listed twice with different content"),
}
HOSTILE_COLLAPSED = {37}
HOSTILE_ACCEPTED = set(range(39)) - set(HOSTILE_REJECTED) - HOSTILE_COLLAPSED


def as_body(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def read(body: bytes) -> Schedule:
    return read_schedule(read_entries(200, body))


@pytest.mark.parametrize(
    "body",
    [
        HOSTILE,
        b"[]",
        b" [ ]\n",
        b"[1]",
        b"\xef\xbb\xbf\r\n[ 1\t,\n[2, [3]] , {} ] ",
        b'[{"a": [1, {}]}, null, "]"]',
    ],
)
def test_entries_that_come_one_by_one_are_those_of_the_whole_answer(body: bytes) -> None:
    assert list(read_entries(200, body)) == read_answer(200, body)


@pytest.mark.parametrize(("name", "count"), [("schedule_alttprleague", 10), ("schedule_sglive", 16)])
def test_ordinary_answers_are_read_whole(name: str, count: int) -> None:
    schedule = read((SAMPLES / f"{name}.json").read_bytes())
    assert len(schedule.episodes) == count
    assert schedule.rejected == ()


def test_a_malformed_entry_never_takes_its_neighbours_along() -> None:
    accepted = [int(json.loads(HOSTILE)[position]["id"]) for position in sorted(HOSTILE_ACCEPTED)]
    assert [episode.id for episode in read(HOSTILE).episodes] == accepted


def test_every_rejected_entry_says_where_and_why() -> None:
    assert read(HOSTILE).rejected == tuple(
        Rejected(position, episode_id, reason)
        for position, (episode_id, reason) in sorted(HOSTILE_REJECTED.items())
    )


def test_an_identical_twin_is_listed_once() -> None:
    schedule = read(as_body([make_episode(1), make_episode(2), make_episode("1", helpers=None)]))
    assert [episode.id for episode in schedule.episodes] == [1, 2]
    assert schedule.rejected == ()


def test_of_contradicting_twins_the_first_stays() -> None:
    schedule = read(as_body([make_episode(1, title="first"), make_episode(1, title="second")]))
    assert [episode.title for episode in schedule.episodes] == ["first"]
    assert schedule.rejected == (Rejected(1, 1, "listed twice with different content"),)


def test_a_good_twin_of_a_malformed_entry_is_accepted() -> None:
    schedule = read(as_body([make_episode(1, when="?"), make_episode(1)]))
    assert [episode.id for episode in schedule.episodes] == [1]
    assert [entry.position for entry in schedule.rejected] == [0]


def test_a_reason_is_short_and_harmless_whatever_the_value_holds() -> None:
    values = [
        "x" * 5000,
        "\x1b[2J\n" * 50,
        "{sentence}{0}%s",
        "\ud83d",
        9**400,
        1e300,
        ["x" * 500],
        {"a" * 500: 1},
    ]
    schedule = read_schedule([make_episode(value, when=value) for value in values])
    assert len(schedule.rejected) == len(values)
    for entry in schedule.rejected:
        assert len(entry.reason) < 80
        assert entry.reason.isprintable()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"match2": make_match(make_player(0))},
            "match2.players.0: has id 0, which would make one person of strangers",
        ),
        ({"trackers": [make_crew(0)]}, "trackers.0: has id 0, which would make one person of strangers"),
        ({"channels": "x"}, "channels: is not a list"),
        ({"match1": "x"}, "match1: is not an object"),
        ({"event": []}, "event: is not an object"),
    ],
)
def test_a_reason_names_the_place_in_the_feeds_own_words(fields: dict[str, Any], reason: str) -> None:
    assert [entry.reason for entry in read_schedule([make_episode(**fields)]).rejected] == [reason]


def test_an_empty_list_is_an_empty_schedule() -> None:
    assert read(b"[]") == Schedule((), ())


@pytest.mark.parametrize("body", [b"null", b"{}", b'"x"', b"5", b"true", b'{"episodes": []}'])
def test_anything_but_a_list_is_a_failed_fetch(body: bytes) -> None:
    with pytest.raises(FeedUnreadableError, match="A schedule is a list of episodes"):
        read(body)


def test_an_error_object_is_never_an_empty_schedule() -> None:
    samples = json.loads((SAMPLES / "errors.json").read_bytes())
    for name, payload in samples.items():
        if "unknown" in name:
            with pytest.raises(UnknownToFeedError, match=r"SpeedGaming says: Failed to find"):
                read(as_body(payload))


@pytest.mark.parametrize(
    "error",
    [
        "Failed to find event.",
        "Failed to find episode with id 74611.",
        "Failed to find episode with id 0.",
        "Could not find episode 74611",
        "Episode 74611 not found",
        "The episode could not be found.",
        "Unknown episode",
        "No such event",
    ],
)
def test_what_speedgaming_cannot_find_is_unknown_to_it(error: str) -> None:
    with pytest.raises(UnknownToFeedError):
        read_answer(200, as_body({"error": error}))


@pytest.mark.parametrize(
    "error",
    [
        "Database is down.",
        "An unknown error occurred.",
        "Unknown error in episode",
        "Unknown column 'e.timezone' in 'field list'",
        "Table 'speedgaming.episode' doesn't exist",
        "SQLSTATE[HY000] [2002] No such file or directory",
        "Failed to find a free connection to the episode database.",
        "",
        None,
        5,
        {"code": 1},
        ["not found"],
    ],
)
def test_an_error_other_than_not_found_does_not_say_that_something_is_gone(error: Any) -> None:
    with pytest.raises(FeedUnreachableError, match="answered with an error"):
        read_answer(200, as_body({"error": error}))


def test_the_text_of_an_error_object_is_made_harmless() -> None:
    with pytest.raises(UnknownToFeedError) as caught:
        read_answer(200, as_body({"error": "Failed to find event with slug \x1b[2J\n" + "x" * 5000}))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (404, "check SGSYNC_API_URL"),
        (403, "check SGSYNC_API_URL"),
        (304, "check SGSYNC_API_URL"),
        (429, "SGSYNC_REQUEST_INTERVAL"),
        (500, "next run"),
        (503, "next run"),
        (599, "next run"),
    ],
)
def test_an_error_status_is_a_failed_fetch_even_with_a_good_body(status: int, hint: str) -> None:
    with pytest.raises(FeedUnreachableError, match=rf"HTTP {status}.*{hint}"):
        read_answer(status, b"[]")
    with pytest.raises(FeedUnreachableError):
        read_schedule(read_entries(status, b"[]"))


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"<!DOCTYPE html><html>maintenance</html>", "web page"),
        (b"\xef\xbb\xbf\n<html>", "web page"),
        (b"[\xff]", "not UTF-8"),
        (b"[NaN]", "not JSON"),
        (b"[-Infinity]", "not JSON"),
        (b"[1", "not JSON"),
        (b"[] []", "not JSON"),
        (b'[{"id": ' + b"9" * 5000 + b"}]", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[ ", "not JSON"),
        (b"[,]", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"[1 2]", "not JSON"),
        (b"[1]]", "not JSON"),
        (b'[1, "', "not JSON"),
    ],
)
def test_what_is_not_json_is_a_failed_fetch(body: bytes, hint: str) -> None:
    for reading in (read_answer, lambda status, body: list(read_entries(status, body))):
        with pytest.raises(FeedUnreadableError, match=hint):
            reading(200, body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"{}," * 25_000 + b"{}]",
        b'[{"x": [' + b"[]," * 500_000 + b"[]]}]",
        b'[{"x": "' + b"," * 2_000_001 + b'"}]',
    ],
    ids=["episodes", "lists in lists", "values"],
)
def test_what_would_swell_in_memory_is_no_schedule(body: bytes) -> None:
    with pytest.raises(FeedUnreadableError, match="holds more than a schedule does"):
        read(body)


def test_control_characters_inside_strings_are_read() -> None:
    body = as_body([make_episode(1, title="a_b")]).replace(b"a_b", b"a\x00\n\x1bb")
    assert [episode.title for episode in read(body).episodes] == ["a b"]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(b"\xef\xbb\xbf[]") == Schedule((), ())


def test_one_episode_is_read() -> None:
    assert read_episode(make_episode(5)).id == 5


@pytest.mark.parametrize("payload", [None, [], [make_episode()], "x", {}, make_episode(when="soon")])
def test_a_malformed_episode_is_a_failed_fetch(payload: Any) -> None:
    with pytest.raises(FeedUnreadableError, match="malformed episode: "):
        read_episode(payload)


def test_events_are_read() -> None:
    assert [event.slug for event in read_events([make_event("a"), make_event("b")])] == ["a", "b"]
    assert read_events([]) == ()


@pytest.mark.parametrize("payload", [None, {}, make_event(), "x", [5], [{"slug": 5}]])
def test_malformed_events_are_a_failed_fetch(payload: Any) -> None:
    with pytest.raises(FeedUnreadableError):
        read_events(payload)


def test_a_saved_file_holds_a_list_or_one_episode() -> None:
    several = read_saved(as_body([make_episode(1), make_episode(2), None]))
    assert ([episode.id for episode in several.episodes], len(several.rejected)) == ([1, 2], 1)
    assert [episode.id for episode in read_saved(as_body(make_episode(3))).episodes] == [3]


def test_a_saved_file_with_something_else_is_refused() -> None:
    for body in (b"", b"null", b"<html>", b"5"):
        with pytest.raises(FeedError):
            read_saved(body)
    with pytest.raises(UnknownToFeedError):
        read_saved(b'{"error": "Failed to find event."}')
