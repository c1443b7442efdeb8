"""The doctor's findings made visible."""

from collections.abc import Sequence

from rich.text import Text

from sgsync.cli.render_table import Meaning, marked, print_table
from sgsync.doctor.checks import Check, State
from sgsync.text import clean

_MEANINGS = {State.OK: Meaning.GOOD, State.WARN: Meaning.DOUBTFUL, State.FAIL: Meaning.BAD}


def print_checks(checks: Sequence[Check]) -> None:
    if checks:
        print_table(("", "Check", "Finding"), map(_row, checks), empty="")


def _row(check: Check) -> tuple[Text, str, Text]:
    finding = marked(check.finding, None)
    if check.advice:
        finding.append(" -> ", Meaning.ASIDE.value).append(clean(check.advice))
    return marked(check.state, _MEANINGS[check.state]), check.name, finding
