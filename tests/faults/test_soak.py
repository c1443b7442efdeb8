"""`make soak` in small: enough to see that it works and that what leaks with every run would show."""

from tests.faults.effort import EFFORT
from tests.soak import Figures, not_flat, soak


def test_runs_leave_nothing_behind() -> None:
    assert soak(runs=25 * EFFORT, seed=2) == []


def test_what_grows_is_found() -> None:
    rows = {"sgsync.episode": 10}
    steady = [Figures(run, 10**8, 10, 1, rows) for run in range(20)]
    leaking = [
        Figures(run, 10**8 + run * 2**20, 10 + run, 1 + run, {"sgsync.episode": 10 * run})
        for run in range(20)
    ]
    assert not_flat(steady) == []
    assert [fault.split(" grew")[0] for fault in not_flat(leaking)] == [
        "memory",
        "descriptors",
        "connections",
        "rows of sgsync.episode",
    ]
