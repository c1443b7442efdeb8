"""What is to be looked up in the database for a plan."""

from dataclasses import dataclass
from datetime import datetime

from sgsync.fetch.window import Window
from sgsync.snapshot.values import AliasKey


@dataclass(frozen=True, slots=True)
class Lookups:
    """The keys under which the people, matches and channels of some episodes may be known.

    Known episodes that should be `listed_between` these times are looked up whether they are listed or
    not, and so are matches that should have been over `finished_before` this time and are not, for a setting.
    """

    episode_ids: tuple[int, ...] = ()
    discord_ids: tuple[int, ...] = ()
    aliases: tuple[AliasKey, ...] = ()
    placeholder_names: tuple[str, ...] = ()
    usernames: tuple[str, ...] = ()
    channel_names: tuple[str, ...] = ()
    listed_between: Window | None = None
    finished_before: datetime | None = None
