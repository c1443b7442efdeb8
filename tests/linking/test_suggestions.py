"""Whom a placeholder may be: pure guesses, the best one first."""

import pytest

from sgsync.people.suggestions import MOST, RealUser, Reason, Suggestion, Unlinked, suggest


def guess(placeholder: Unlinked, *users: RealUser) -> list[tuple[int, list[Reason]]]:
    return [(found.user.id, list(found.reasons)) for found in suggest([placeholder], users)[placeholder.id]]


@pytest.mark.parametrize(
    ("tag", "discriminator", "reason"),
    [
        ("synack", None, Reason.TAG),
        ("synack", "0", Reason.TAG),
        ("synack", "0000", Reason.TAG),
        ("synack", "1234", Reason.TAG_NAME),
        ("synack#1234", "1234", Reason.TAG_AND_DISCRIMINATOR),
        ("synack#1234", None, Reason.TAG_NAME),
        ("synack#1234", "0", Reason.TAG_NAME),
    ],
)
def test_a_tag_is_worth_what_its_discriminator_says(
    tag: str, discriminator: str | None, reason: Reason
) -> None:
    user = RealUser(1, "SynAck", discriminator, "Somebody")
    assert guess(Unlinked(9, tags=(tag,)), user) == [(1, [reason])]


def test_another_discriminator_is_another_person() -> None:
    assert guess(Unlinked(9, tags=("synack#1234",)), RealUser(1, "synack", "4321", "Somebody")) == []


def test_a_stream_is_a_twitch_name() -> None:
    user = RealUser(1, "x", display_name="Somebody", twitch_name="BitwingTV")
    assert guess(Unlinked(9, names=("bitwingtv",)), user) == [(1, [Reason.TWITCH])]


@pytest.mark.parametrize("name", ["Aurelio", "AURELIO", "aurelio"])
def test_an_equal_display_name(name: str) -> None:
    assert guess(Unlinked(9, names=(name,)), RealUser(1, "x", display_name="Aurelio")) == [
        (1, [Reason.DISPLAY_NAME])
    ]


def test_without_a_display_name_the_application_shows_the_user_name() -> None:
    assert guess(Unlinked(9, names=("Aurelio",)), RealUser(1, "aurelio")) == [(1, [Reason.DISPLAY_NAME])]


@pytest.mark.parametrize("name", ["Aurelio_", "Aurelioo", "aureIio the 2nd"])
def test_a_similar_name(name: str) -> None:
    similar = RealUser(1, "x", display_name="aurelio the 2nd" if "2nd" in name else "Aurelio")
    stranger = RealUser(2, "x", display_name="Marcello")
    assert guess(Unlinked(9, names=(name,)), stranger, similar) == [(1, [Reason.SIMILAR_NAME])]


@pytest.mark.parametrize(("name", "other"), [("John", "Joan"), ("Max", "Max2"), ("Aurelio", "Aurora")])
def test_strangers_are_not_similar(name: str, other: str) -> None:
    assert guess(Unlinked(9, names=(name,)), RealUser(1, "x", display_name=other)) == []


def test_similar_names_are_only_looked_for_where_nothing_is_equal() -> None:
    equal, similar = RealUser(1, "x", display_name="Aurelio"), RealUser(2, "y", display_name="Aurelio_")
    assert guess(Unlinked(9, names=("Aurelio",)), similar, equal) == [(1, [Reason.DISPLAY_NAME])]


def test_the_best_reason_comes_first_then_the_most_reasons() -> None:
    placeholder = Unlinked(9, tags=("synack#1234",), names=("Bitwing",))
    by_name = RealUser(1, "x", display_name="bitwing")
    by_twitch = RealUser(2, "y", display_name="Somebody", twitch_name="bitwing")
    by_both = RealUser(3, "z", display_name="bitwing", twitch_name="bitwing")
    by_tag = RealUser(4, "synack", "1234", "Somebody Else")

    assert guess(placeholder, by_name, by_twitch, by_both, by_tag)[:MOST] == [
        (4, [Reason.TAG_AND_DISCRIMINATOR]),
        (3, [Reason.TWITCH, Reason.DISPLAY_NAME]),
        (2, [Reason.TWITCH]),
    ]


def test_a_placeholder_about_whom_nothing_is_known() -> None:
    assert suggest([Unlinked(9)], [RealUser(1, "", display_name="")]) == {9: ()}


def test_an_answer_does_not_depend_on_the_order_of_the_users() -> None:
    users = [RealUser(number, "synack", display_name="Synack") for number in range(1, 6)]
    placeholder = Unlinked(9, tags=("synack",), names=("synack",))
    expected = tuple(Suggestion(user, (Reason.TAG, Reason.DISPLAY_NAME)) for user in users[:MOST])
    assert suggest([placeholder], reversed(users)) == suggest([placeholder], users) == {9: expected}
