"""`make soak` in small: enough to see that it works and that what leaks with every run would show."""

import subprocess
import sys

from tests.faults.effort import EFFORT
from tests.nursery import CHECKOUT
from tests.soak import Figures, not_flat


def test_runs_leave_nothing_behind() -> None:
    """In a process of its own, as memory is measured: in this one, other tests have left theirs behind."""
    soak = [sys.executable, "-m", "tests.soak", "--runs", str(25 * EFFORT), "--seed", "2"]
    ended = subprocess.run(soak, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


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
