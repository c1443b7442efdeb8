"""What the settings and the command line have to say about a plan."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How to plan.

    `requested` are episodes that an operator asked for by id. `accept_vanished` believes an answer
    from which most of what was known is missing. `auto_finish` is how long after its start a match
    that nobody touched counts as over; None: never. `unmergeable` placeholders are ones whose merge
    the database has just refused.
    """

    channel_language: str = "en"
    requested: frozenset[int] = frozenset()
    update: bool = True
    overwrite: bool = False
    match_tags: bool = False
    delete_cancelled: bool = False
    accept_vanished: bool = False
    auto_finish: timedelta | None = None
    unmergeable: frozenset[int] = frozenset()
