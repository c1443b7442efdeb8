"""The span of time that a whole schedule is asked for."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Between these two times a broadcast starts, for an answer to list it."""

    since: datetime
    until: datetime
