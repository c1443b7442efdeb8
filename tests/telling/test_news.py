"""Which entries of the history are told, and as what. Pure."""

from datetime import UTC, datetime, timedelta

from sgsync.plan.chronicle import in_words, moment_in
from sgsync.telling.discord import escaped, message_of
from sgsync.telling.news import Happening, Item, Kind, Subject, digest

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
START = NOW + timedelta(hours=8)
OTHER = NOW + timedelta(hours=4)


def subject(starts_at: datetime = START, **names: str) -> Subject:
    return Subject(75000, names.get("tournament", "Season 9"), names.get("title"), ("A", "B"), starts_at)


def happening(kind: Kind, before: datetime | None = None, what: str | None = None) -> Happening:
    return Happening(1, kind, subject(), what, in_words("scheduled_at", before))


def told(*happenings: Happening) -> list[Kind]:
    return [item.kind for item in digest(happenings, NOW)]


def test_two_moves_are_one() -> None:
    moves = happening(Kind.CHANGED, OTHER), happening(Kind.CHANGED, NOW + timedelta(hours=6))
    (item,) = digest(moves, NOW)
    assert item == Item(Kind.CHANGED, subject(), moved_from=OTHER)


def test_there_and_back_again_is_no_move() -> None:
    assert told(happening(Kind.CHANGED, START), happening(Kind.CHANGED, OTHER)) == []


def test_a_new_match_that_moved_is_new() -> None:
    assert told(happening(Kind.IMPORTED), happening(Kind.CHANGED, OTHER)) == [Kind.IMPORTED]


def test_a_cancelled_match_is_nothing_but_cancelled() -> None:
    assert told(happening(Kind.CHANGED, OTHER), happening(Kind.CANCELLED)) == [Kind.CANCELLED]
    assert told(happening(Kind.IMPORTED), happening(Kind.CANCELLED)) == []


def test_a_match_that_is_back() -> None:
    assert told(happening(Kind.RETURNED)) == [Kind.RETURNED]
    assert told(happening(Kind.CANCELLED), happening(Kind.RETURNED)) == []


def test_what_has_begun_is_no_news() -> None:
    assert digest([Happening(1, Kind.IMPORTED, subject(NOW))], NOW) == ()


def test_missing_crew() -> None:
    (item,) = digest([happening(Kind.UNSTAFFED, what="commentator, tracker")], NOW)
    assert item.missing == ("commentator", "tracker")


def test_the_first_start_comes_first() -> None:
    early, late = Subject(1, "S", None, (), OTHER), Subject(2, "S", None, (), START)
    items = digest([Happening(1, Kind.IMPORTED, late), Happening(2, Kind.IMPORTED, early)], NOW)
    assert [item.subject for item in items] == [early, late]


def test_a_title_that_repeats_the_players_is_told_once() -> None:
    assert "A vs B (Season 9)" in message_of([Item(Kind.IMPORTED, subject(title="A vs B"))]).content


def test_a_match_that_had_no_time_is_told_with_the_one_it_has() -> None:
    assert "→" not in message_of([Item(Kind.CHANGED, subject(), moved_from=None)]).content


def test_names_are_short_and_on_one_line() -> None:
    assert escaped("a\n# b\x1b[31m") == r"a \# b \[31m"
    assert len(escaped("x" * 300)) == 60


def test_a_time_in_words_can_be_read_again() -> None:
    assert moment_in(in_words("scheduled_at", START)) == START
    assert moment_in(None) is None


def test_emoji_count_as_discord_may_count_them() -> None:
    items = [Item(Kind.IMPORTED, subject(title="🏁" * 50)) for _ in range(40)]
    assert len(message_of(items).content.encode("utf-16-le")) // 2 <= 2000
