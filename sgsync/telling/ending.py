"""How a run ended, in words for whoever watches from outside. Pure."""

from dataclasses import dataclass, field

from sgsync.errors import INTERRUPTED, SgsyncError
from sgsync.report import RunReport


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a run: its exit code, a summary of some lines, and its report if it got that far."""

    exit_code: int
    summary: str
    report: RunReport = field(default_factory=RunReport)

    @property
    def is_well(self) -> bool:
        return self.exit_code == 0

    @classmethod
    def of_report(cls, report: RunReport) -> "Ending":
        totals = report.as_json()["totals"]
        counts = ", ".join(f"{number} {word}" for word, number in totals.items())
        head = f"{report.outcome}: {len(report.tournaments)} tournament(s), {counts}"
        problems = (problem for tournament in report.tournaments for problem in tournament.problems)
        return cls(report.exit_code, "\n".join((head, *problems)), report)

    @classmethod
    def of_error(cls, error: BaseException) -> "Ending":
        if isinstance(error, KeyboardInterrupt):
            return cls(INTERRUPTED, "interrupted: what is not done yet waits for the next run")
        if isinstance(error, SgsyncError):
            return cls(error.exit_code, f"failed: {error}")
        # Its message may hold anything, and this leaves the house.
        return cls(
            SgsyncError.exit_code, f"failed in a way that sgsync does not know: {type(error).__name__}"
        )
