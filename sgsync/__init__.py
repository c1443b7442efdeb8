"""Brings SpeedGaming.org tournament schedules into SahaBot2's Postgres database.

The operations are importable from here; they are loaded when first asked for, because
`sgsync --help` owes nobody the start-up time of a database driver.
"""

from typing import Any

__version__ = "0.1.0"

__all__ = [
    "get_episode",
    "get_upcoming_episodes_by_event",
    "import_all_enabled_tournaments",
    "import_episode",
    "import_episodes_for_tournament",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attributes are of any type
    if name in __all__:
        from sgsync import operations  # noqa: PLC0415 - late on purpose, see above

        return getattr(operations, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
