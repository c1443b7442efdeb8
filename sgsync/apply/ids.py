"""What became of a plan: the ids of what it created, and what it could not delete."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sgsync.people.identity import Person
from sgsync.snapshot.values import ChannelRef


@dataclass(frozen=True, slots=True)
class Applied:
    """The database's answers to a plan."""

    user_ids: Mapping[str, int] = field(default_factory=dict)  # by the plan's keys
    channel_ids: Mapping[str, int] = field(default_factory=dict)  # by name
    match_ids: Mapping[int, int] = field(default_factory=dict)  # of new matches, by episode id
    kept_matches: Mapping[int, str] = field(default_factory=dict)  # by match id: the table that refers to it

    def user_id(self, person: Person) -> int:
        return person if isinstance(person, int) else self.user_ids[person]

    def channel_id(self, channel: ChannelRef) -> int | None:
        return self.channel_ids[channel] if isinstance(channel, str) else channel
