"""Sightings: every person an episode shows, one value per appearance.

A sighting is what SpeedGaming said about somebody, before anyone decided who that is.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from sgsync.fetch.wire import SpeedGamingCrewMember, SpeedGamingEpisode, SpeedGamingPlayer
from sgsync.snapshot.values import AliasKey, AliasKind, Role
from sgsync.text import cut

NAME_LENGTH = 255  # of the application's name columns

# The same people appear again and again in a schedule: so many of their names are folded once only.
_NAMES_AT_HAND = 8192

_CREW_PLACEHOLDER = "sg_crew_"

NO_DISCRIMINATOR = frozenset({None, "", "0", "0000"})
"""What stands for the discriminator of a user who has none."""
_DISCRIMINATOR = re.compile(r"(?P<name>.+)#(?P<discriminator>\d{4})", re.ASCII)


class Sighting(NamedTuple):
    """One appearance. `feed_id` is a player id, or the id of this one sign-up of a crew member."""

    episode_id: int
    role: Role
    feed_id: int
    discord_id: int | None
    tag: str | None
    label: str | None
    approved: bool

    @property
    def is_player(self) -> bool:
        return self.role is Role.PLAYER

    @property
    def placeholder_name(self) -> str:
        return f"sg_{self.feed_id}" if self.is_player else f"{_CREW_PLACEHOLDER}{self.feed_id}"

    @property
    def name(self) -> str:
        """What to call them, within the application's name columns."""
        return cut(self.label or self.username or self.placeholder_name, NAME_LENGTH)

    @property
    def username(self) -> str | None:
        return tag_parts(self.tag)[0] if self.tag else None

    @property
    def discriminator(self) -> str | None:
        return tag_parts(self.tag)[1] if self.tag else None

    @property
    def player_alias(self) -> AliasKey | None:
        return _player_alias(self.feed_id) if self.is_player else None

    @property
    def tag_alias(self) -> AliasKey | None:
        return _tag_alias(self.tag) if self.tag else None

    @property
    def name_alias(self) -> AliasKey | None:
        if self.is_player or not self.label:
            return None
        return _name_alias(self.label)

    @property
    def aliases(self) -> tuple[AliasKey, ...]:
        return tuple(key for key in (self.player_alias, self.tag_alias, self.name_alias) if key)


@lru_cache(_NAMES_AT_HAND)
def _player_alias(player_id: int) -> AliasKey:
    return AliasKey(AliasKind.PLAYER, str(player_id))


@lru_cache(_NAMES_AT_HAND)
def _tag_alias(tag: str) -> AliasKey:
    return AliasKey(AliasKind.TAG, fold(without_zero(tag)))


@lru_cache(_NAMES_AT_HAND)
def _name_alias(label: str) -> AliasKey:
    return AliasKey(AliasKind.CREW_NAME, fold(label))


def fold(name: str) -> str:
    """`name` as aliases compare it; cut, because an index entry cannot be of any length."""
    return cut(unicodedata.normalize("NFC", name.casefold()), NAME_LENGTH)


def without_zero(tag: str) -> str:
    """`tag` without the "#0" that SpeedGaming appends to names without a discriminator."""
    return tag.removesuffix("#0") or tag


def tag_parts(tag: str) -> tuple[str, str | None]:
    """A tag's user name and, in the old style `name#1234`, its discriminator."""
    old_style = _DISCRIMINATOR.fullmatch(tag)
    if old_style:
        return cut(old_style["name"], NAME_LENGTH), old_style["discriminator"]
    return cut(without_zero(tag), NAME_LENGTH), None


def is_crew_placeholder_name(username: str) -> bool:
    return username.startswith(_CREW_PLACEHOLDER)


def sightings_of(episode: SpeedGamingEpisode) -> tuple[Sighting, ...]:
    """Everybody in `episode` whom the application has a role for; entries that are no people are left out."""
    players = [_sighting(episode, Role.PLAYER, player) for player in episode.players if player.is_person]
    crew = (
        _sighting(episode, role, member) for role, members in _crew_of(episode) for member in members or ()
    )
    return (*players, *crew)


def unsaid_roles(episode: SpeedGamingEpisode) -> frozenset[Role]:
    """The roles of which `episode` says nothing, so that nobody can be missing from them."""
    unsaid = {role for role, members in _crew_of(episode) if members is None}
    if not any(player.is_person for player in episode.players):
        unsaid.add(Role.PLAYER)
    return frozenset(unsaid)


def _crew_of(
    episode: SpeedGamingEpisode,
) -> tuple[tuple[Role, tuple[SpeedGamingCrewMember, ...] | None], ...]:
    return (
        (Role.COMMENTATOR, episode.commentators),
        (Role.TRACKER, episode.trackers),
        (Role.RESTREAMER, episode.broadcasters),  # the application's word for them
    )


def _sighting(
    episode: SpeedGamingEpisode, role: Role, someone: SpeedGamingPlayer | SpeedGamingCrewMember
) -> Sighting:
    return Sighting(
        episode_id=episode.id,
        role=role,
        feed_id=someone.id,
        discord_id=someone.discord_id,
        tag=someone.discord_tag,
        label=someone.label,
        approved=isinstance(someone, SpeedGamingCrewMember) and someone.approved,
    )
