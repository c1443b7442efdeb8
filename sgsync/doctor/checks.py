"""The result of a check."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Whether what was looked at is as an import needs it."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and what to do about it if that is not well."""

    name: str
    state: State
    finding: str
    advice: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"check": self.name, "state": self.state.value, "finding": self.finding, "advice": self.advice}


def ok(name: str, finding: str) -> Check:
    return Check(name, State.OK, finding)


def warn(name: str, finding: str, advice: str | None = None) -> Check:
    return Check(name, State.WARN, finding, advice)


def fail(name: str, finding: str, advice: str | None = None) -> Check:
    return Check(name, State.FAIL, finding, advice)


def as_json(checks: Iterable[Check]) -> dict[str, Any]:
    checks = list(checks)
    counts = {state.value: sum(check.state is state for check in checks) for state in State}
    return {"schema": 1, "counts": counts, "checks": [check.as_json() for check in checks]}
