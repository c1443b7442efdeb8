"""What changes cost: statements that do not depend on the number of episodes."""

from collections.abc import Callable

import pytest

from tests.changes.helpers import EPISODE, imported, totals
from tests.feed_json import Json, make_channel, make_crew, make_episode, make_player
from tests.importing.test_cost import FIRST, UNCHANGED, statements_of_an_import, tournament_transactions
from tests.scene import Scene

SIZES = (5, 60)

EVERYTHING = 24
"""The statements of a run in which a plan has something of everything; a usual change takes half of them."""


def before(index: int) -> Json:
    return make_episode(
        EPISODE + index,
        make_player(5000 + index, f"User{index}", discordId=str(10**17 + index)),
        make_player(6000 + index, f"Nobody{index}", discordId=""),
        commentators=[make_crew(88000 + index, f"Voice{index}", discordId="", approved=False)],
    )


def after(index: int) -> Json:
    """The same with everything changed that can be; the placeholder turns out to be somebody."""
    return make_episode(
        EPISODE + index,
        make_player(6000 + index, f"Nobody{index}", discordId=str(2 * 10**17 + index)),
        make_player(7000 + index, f"New{index}", discordId=""),
        title=f"Final {index}",
        whenCountdown="2026-11-28T18:40:00+00:00",
        channels=[make_channel(f"Channel{index}")],
        commentators=[make_crew(88000 + index, f"Voice{index}", discordId="")],
        trackers=[make_crew(89000 + index, f"Eye{index}", discordId=str(3 * 10**17 + index))],
    )


def statements(scene: Scene, size: int, change: Callable[[int], Json]) -> int:
    imported(scene, *(before(index) for index in range(size)))
    scene.episodes = [change(index) for index in range(size)]
    return len(statements_of_an_import(scene))


@pytest.mark.parametrize("size", SIZES)
def test_a_run_in_which_everything_changes_takes_a_fixed_number_of_statements(
    scene: Scene, size: int
) -> None:
    assert statements(scene, size, after) == EVERYTHING
    assert scene.value("SELECT count(*) FROM \"match\" WHERE title LIKE 'Final %%'") == size
    assert len(statements_of_an_import(scene)) <= UNCHANGED


def test_the_number_is_the_same_for_few_and_for_many(scene: Scene) -> None:
    """The first few episodes of a schedule change, then all of it; a usual change is far from the bound."""
    imported(scene, *(before(index) for index in range(max(SIZES))))
    counts = list[int]()
    for size, time, approved in zip(SIZES, ("18:40", "19:10"), (True, False), strict=True):
        for index in range(size):
            voice = make_crew(88000 + index, f"Voice{index}", discordId="", approved=approved)
            start = f"2026-11-28T{time}:00+00:00"
            scene.episodes[index] |= {"title": time, "whenCountdown": start, "commentators": [voice]}
        counts.append(len(statements_of_an_import(scene)))
    assert counts[0] == counts[1] <= UNCHANGED + 10


@pytest.mark.parametrize("size", [5, 20])
def test_cancelling_and_deleting_takes_a_fixed_number_of_statements(scene: Scene, size: int) -> None:
    imported(scene, *(before(index) for index in range(2 * size)))
    scene.episodes = scene.episodes[size:]
    with tournament_transactions() as transactions:
        assert totals(scene.import_all(on_cancel="delete"))["cancelled"] == size
    looked, wrote = transactions
    assert (len(looked) <= UNCHANGED, len(wrote) <= FIRST) == (True, True)


def test_a_local_edit_that_is_kept_costs_nothing_afterwards(scene: Scene) -> None:
    imported(scene, *(before(index) for index in range(5)))
    scene.execute("UPDATE \"match\" SET title = 'Showcase'")
    scene.episodes = [before(index) | {"title": "Final"} for index in range(5)]
    assert len(statements_of_an_import(scene)) <= FIRST
    assert len(statements_of_an_import(scene)) <= UNCHANGED
