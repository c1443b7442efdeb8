"""The ids that the database gave to what a plan created."""

from collections.abc import Mapping
from dataclasses import dataclass

from sgsync.people.identity import Person


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan: the ids of its new users and matches."""

    user_ids: Mapping[str, int]  # by the plan's keys
    match_ids: Mapping[int, int]  # by episode id

    def user_id(self, person: Person) -> int:
        return person if isinstance(person, int) else self.user_ids[person]
