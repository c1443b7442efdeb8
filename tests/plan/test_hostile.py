"""The hostile sample, planned: everything fits the application's columns and is harmless."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sgsync.fetch.answers import read_saved
from sgsync.plan.actions import Plan
from sgsync.snapshot.values import Role
from sgsync.text import clean
from tests.plan.episodes import plan_for

HOSTILE = Path(__file__).parents[1] / "samples" / "hostile.json"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_for(*read_saved(HOSTILE.read_bytes()).episodes)


def texts(plan: Plan) -> Iterator[str | None]:
    people = plan.identities
    for user in people.new_users:
        yield from (user.username, user.display_name, user.discriminator)
    for placeholder in people.new_placeholders:
        yield from (placeholder.key, placeholder.display_name)
    for match in plan.new_matches:
        yield from (
            match.title,
            match.channel if isinstance(match.channel, str) else None,
            *(signup.name for signup in match.signups),
        )
    for channel in plan.new_channels:
        yield from (channel.name, channel.stream_url)
    yield from (alias.key.value for alias in people.aliases)


def test_every_text_fits_its_column_and_is_harmless(plan: Plan) -> None:
    written = [text for text in texts(plan) if text is not None]
    assert max(map(len, written)) == 255
    assert all(text == clean(text) for text in written)
    assert all(len(user.discriminator or "") in (0, 4) for user in plan.identities.new_users)


def test_no_discord_id_is_made_up(plan: Plan) -> None:
    assert all(1 <= user.discord_id < 2**63 for user in plan.identities.new_users)


def test_the_same_player_three_times_is_one_roster_entry(plan: Plan) -> None:
    match = next(match for match in plan.new_matches if match.episode_id == 75015)
    assert len([signup for signup in match.signups if signup.role is Role.PLAYER]) == 1


def test_two_player_ids_with_one_discord_id_are_one_person(plan: Plan) -> None:
    match = next(match for match in plan.new_matches if match.episode_id == 75016)
    assert len({signup.person for signup in match.signups if signup.role is Role.PLAYER}) == 1


def test_only_what_names_another_event_or_nobody_is_skipped(plan: Plan) -> None:
    assert {skip.episode_id: skip.reason.value for skip in plan.skips} == {
        75011: "no players",
        75012: "no players",
        75035: "other event",
    }
