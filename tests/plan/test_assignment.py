"""Which tournament gets which event."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sgsync.plan.assignment import assign_events
from sgsync.snapshot.values import Tournament
from tests.snapshots import make_tournament

tournaments = st.lists(
    st.builds(make_tournament, st.integers(1, 9), slug=st.sampled_from((None, "alttprleague", "smz3"))),
    unique_by=lambda tournament: tournament.id,
)


def test_each_tournament_gets_its_own_event() -> None:
    pair = (make_tournament(1, slug="alttprleague"), make_tournament(2, slug="smz3"))
    assert [(each.tournament, each.problem) for each in assign_events(pair)] == [
        (pair[0], None),
        (pair[1], None),
    ]


def test_an_event_goes_to_the_tournament_with_the_lowest_id_and_the_others_are_told() -> None:
    later, first = make_tournament(9, name="Copy"), make_tournament(4, name="Original")
    original, copy = assign_events((later, first))
    assert (original.tournament, original.problem) == (first, None)
    assert copy.tournament == later
    assert copy.problem == (
        "Tournament 9 ('Copy') gets nothing:"
        " the episodes of event 'alttprleague' go to tournament 4 ('Original')"
    )


def test_a_tournament_without_an_event_is_a_problem_with_a_way_out() -> None:
    without, other = assign_events((make_tournament(4, slug=None), make_tournament(5)))
    assert without.problem is not None
    assert "Tournament 4 ('League') is enabled but has no event slug" in without.problem
    assert "sgsync tournaments enable 4 --slug SLUG" in without.problem
    assert other.problem is None


@settings(deadline=None, derandomize=True, database=None)
@given(tournaments)
def test_every_event_goes_to_exactly_one_tournament_and_nobody_is_forgotten(each: list[Tournament]) -> None:
    assigned = list(assign_events(each))
    assert [assignment.tournament for assignment in assigned] == sorted(each, key=lambda one: one.id)
    served = [assignment.tournament.slug for assignment in assigned if assignment.problem is None]
    assert sorted(map(str, served)) == sorted({one.slug for one in each if one.slug})
