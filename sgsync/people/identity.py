"""Who is who: from sightings to users. Pure; the rules and their order are this module's subject.

1. A Discord id decides. Nobody has it yet: the person's placeholder becomes that user, else a user is
   created. If both are there, the placeholder is merged into the user. Which placeholder is the person's
   is told by player id or tag, never by a name.
2. Without a Discord id, an alias seen before decides: a player id or a tag leads to the user it was
   seen with together with a Discord id, or was linked to by an admin. Where a setting allows the guess,
   a tag that is the user name of exactly one user leads there, too.
3. Otherwise a placeholder stands in: a player's by player id, a crew member's by sign-up, tag or name.
   A crew name never leads to a real person: names can imitate.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from sgsync.people.sightings import NO_DISCRIMINATOR, Sighting, fold, is_crew_placeholder_name
from sgsync.snapshot.values import Alias, AliasKey, AliasKind, AliasSource, Role, Signup, Snapshot, User

Person = int | str
"""The id of a user in the database, or the key of one that the plan creates."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """An ordinary user that a Discord id calls for."""

    key: str
    discord_id: int
    username: str
    discriminator: str | None
    display_name: str


@dataclass(frozen=True, slots=True)
class NewPlaceholder:
    """A user who stands in for somebody unknown. Its user name is its key."""

    key: str
    display_name: str
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A placeholder that becomes the real user with this Discord id, in place."""

    user_id: int
    placeholder_name: str
    discord_id: int
    username: str
    discriminator: str | None


@dataclass(frozen=True, slots=True)
class Merge:
    """A placeholder whose person is a real user: everything that refers to it moves to that user."""

    placeholder_id: int
    placeholder_name: str
    user_id: int


@dataclass(frozen=True, slots=True)
class LearnedAlias:
    """An alias to be remembered, or to be moved to another person."""

    key: AliasKey
    person: Person
    discord_id: int | None
    source: AliasSource


@dataclass(frozen=True, slots=True)
class Identities:
    """Who each sighting is, and what the database must learn so that this stays true."""

    persons: Mapping[Sighting, Person] = field(default_factory=dict)
    new_users: tuple[NewUser, ...] = ()
    new_placeholders: tuple[NewPlaceholder, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    merges: tuple[Merge, ...] = ()
    aliases: tuple[LearnedAlias, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the database knows all of it already."""
        return not any((self.new_users, self.new_placeholders, self.upgrades, self.merges, self.aliases))


def identify(
    sightings: Iterable[Sighting],
    snapshot: Snapshot,
    *,
    match_tags: bool = False,
    unmergeable: AbstractSet[int] = frozenset(),
) -> Identities:
    """Decide who each of `sightings` is. Their order does not matter.

    `match_tags` allows that guess; `unmergeable` placeholders stay, because the database refuses.
    """
    register = _Register(snapshot, match_tags=match_tags, unmergeable=unmergeable)
    ordered = sorted(set(sightings), key=_order)
    persons = register.by_discord_id([sighting for sighting in ordered if sighting.discord_id])
    persons |= {sighting: register.by_alias(sighting) for sighting in ordered if not sighting.discord_id}
    return Identities(
        persons=persons,
        new_users=tuple(register.new_users),
        new_placeholders=tuple(register.new_placeholders),
        upgrades=tuple(register.upgrades),
        merges=tuple(register.merges),
        aliases=register.learned_aliases(),
    )


def _order(sighting: Sighting) -> tuple[bool, int, Role, int, int, str, str]:
    """Players before crew, then as the episodes were made: what comes first names a placeholder."""
    return (
        not sighting.is_player,
        sighting.episode_id,
        sighting.role,
        sighting.feed_id,
        sighting.discord_id or 0,
        sighting.tag or "",
        sighting.label or "",
    )


class _Memory(NamedTuple):
    """Whom an alias means, as known at this point of the decisions."""

    person: Person
    discord_id: int | None
    source: AliasSource


class _Register:
    """The users and aliases as they are after each decision so far."""

    def __init__(self, snapshot: Snapshot, *, match_tags: bool, unmergeable: AbstractSet[int]) -> None:
        self._unmergeable = unmergeable
        self.new_users: list[NewUser] = []
        self.new_placeholders: list[NewPlaceholder] = []
        self.upgrades: list[Upgrade] = []
        self.merges: list[Merge] = []
        self._known_aliases = {key: _remembered(alias) for key, alias in snapshot.aliases.items()}
        self._aliases: dict[AliasKey, _Memory] = {}
        self._tags: defaultdict[Person, set[AliasKey]] = defaultdict(set)
        for key, memory in self._known_aliases.items():
            self._remember(key, memory)
        self._real: dict[int, Person] = {}  # by Discord id
        self._placeholders: dict[Person, str] = {}  # their user names
        self._placeholder_named: dict[str, Person] = {}
        for user in sorted(snapshot.users.values(), key=lambda user: user.id):
            self._enter(user)
        self._signups = _people_by_signup(snapshot.signups)
        self._users: set[Person] = set(snapshot.users)
        self._user_names = _users_by_name(snapshot.users.values()) if match_tags else {}

    def _enter(self, user: User) -> None:
        if user.is_placeholder and not user.discord_id:
            self._placeholders[user.id] = user.username
            self._placeholder_named.setdefault(user.username, user.id)
        if user.discord_id:
            self._real.setdefault(user.discord_id, user.id)

    def by_discord_id(self, sightings: Sequence[Sighting]) -> dict[Sighting, Person]:
        """Who these are, all with a Discord id; each of those is decided once, by all its sightings."""
        groups: dict[int, list[Sighting]] = {}
        for sighting in sightings:
            assert sighting.discord_id is not None
            groups.setdefault(sighting.discord_id, []).append(sighting)
        people = {discord_id: self._owner(discord_id, group) for discord_id, group in groups.items()}
        persons: dict[Sighting, Person] = {
            sighting: people[discord_id] for discord_id, group in groups.items() for sighting in group
        }
        for sighting in sightings:  # in their order: of two Discord ids under one alias, the later one has it
            self._learn_with_discord_id(sighting, persons[sighting])
        return persons

    def _owner(self, discord_id: int, sightings: Sequence[Sighting]) -> Person:
        """The user with this Discord id, made if need be; the person's placeholders become that user."""
        person = self._real.get(discord_id)
        placeholders = dict.fromkeys(
            placeholder for sighting in sightings for placeholder in self._own_placeholders(sighting)
        )
        if person is None:
            first = next(iter(placeholders), None)
            person = self._create_user(sightings[0]) if first is None else self._upgrade(first, sightings[0])
            self._real[discord_id] = person
        if isinstance(person, int):
            for placeholder in sorted(placeholders.keys() - {person} - self._unmergeable):
                self._merge(placeholder, person)
        return person

    def by_alias(self, sighting: Sighting) -> Person:
        person = self._recognised_player(sighting) if sighting.is_player else self._recognised_crew(sighting)
        if person is None:
            person = self._create_placeholder(sighting)
        if person in self._placeholders:
            for key in sighting.aliases:
                self._learn_placeholder(key, person)
        return person

    def learned_aliases(self) -> tuple[LearnedAlias, ...]:
        return tuple(
            LearnedAlias(key, memory.person, memory.discord_id, memory.source)
            for key, memory in sorted(self._aliases.items())
            if memory != self._known_aliases.get(key)
        )

    def _own_placeholders(self, sighting: Sighting) -> Iterator[int]:
        """The placeholders that are this person's, told by player id or tag."""
        candidates = [self._whom(sighting.player_alias)]
        if sighting.is_player:
            candidates.append(self._placeholder_named.get(sighting.placeholder_name))
        candidates.append(self._whom(sighting.tag_alias))
        for person in dict.fromkeys(candidates):
            if isinstance(person, int) and person in self._placeholders:
                yield person

    def _recognised_player(self, sighting: Sighting) -> Person | None:
        by_id = self._led_to(sighting.player_alias)
        by_tag = self._led_to(sighting.tag_alias)
        candidates = (
            self._if_real(by_id),
            # A tag that only a placeholder was seen with may be typed by two people: their roster
            # entries must not become one.
            self._if_real(by_tag),
            by_id,
            self._placeholder_named.get(sighting.placeholder_name),
        )
        return _first(candidates) or self._guessed(sighting)

    def _recognised_crew(self, sighting: Sighting) -> Person | None:
        by_tag = self._led_to(sighting.tag_alias)
        same_signup = self._signups.get((sighting.episode_id, sighting.role, sighting.feed_id))
        by_name = self._led_to(sighting.name_alias)
        candidates = (
            self._if_real(by_tag),
            same_signup if same_signup in self._users else None,
            by_tag,
            None if by_name is None or self._has_other_tag(by_name, sighting.tag_alias) else by_name,
            self._placeholder_named.get(sighting.placeholder_name),
        )
        return _first(candidates) or self._guessed(sighting)

    def _if_real(self, person: Person | None) -> Person | None:
        return None if person in self._placeholders else person

    def _guessed(self, sighting: Sighting) -> Person | None:
        """The one user whose name in the application is the tag of `sighting`, if that guess is allowed."""
        key = sighting.tag_alias
        person = self._user_names.get(key.value) if key else None
        if key and person is not None:
            self._remember(key, _Memory(person, discord_id=None, source=AliasSource.TAG))
        return person

    def _whom(self, key: AliasKey | None) -> Person | None:
        memory = self._aliases.get(key) if key else None
        return memory.person if memory else None

    def _led_to(self, key: AliasKey | None) -> Person | None:
        """The person to whom `key` may lead somebody without a Discord id."""
        memory = self._aliases.get(key) if key else None
        return memory.person if key and memory and self._may_lead(key.kind, memory) else None

    def _may_lead(self, kind: AliasKind, memory: _Memory) -> bool:
        is_name = kind is AliasKind.CREW_NAME
        username = self._placeholders.get(memory.person)
        if username is not None:
            return not is_name or is_crew_placeholder_name(username)
        proven = memory.discord_id is not None or memory.source is not AliasSource.FEED
        return not is_name and proven and memory.person in self._users

    def _has_other_tag(self, person: Person, tag: AliasKey | None) -> bool:
        """Whether `person` is known under a tag, but not under `tag`: a namesake."""
        return tag is not None and bool(self._tags[person] - {tag})

    def _remember(self, key: AliasKey, memory: _Memory) -> None:
        before = self._aliases.get(key)
        self._aliases[key] = memory
        if key.kind is AliasKind.TAG:
            if before:
                self._tags[before.person].discard(key)
            self._tags[memory.person].add(key)

    def _learn_with_discord_id(self, sighting: Sighting, person: Person) -> None:
        """A Discord id outranks whatever the aliases meant before."""
        for key in filter(None, (sighting.player_alias, sighting.tag_alias)):
            before = self._aliases.get(key)
            source = before.source if before is not None and before.person == person else AliasSource.FEED
            self._remember(key, _Memory(person, sighting.discord_id, source))

    def _learn_placeholder(self, key: AliasKey, person: Person) -> None:
        """An alias that leads somewhere already stays; a name is only remembered of crew placeholders."""
        is_name = key.kind is AliasKind.CREW_NAME
        if self._led_to(key) is None and not (
            is_name and not is_crew_placeholder_name(self._placeholders[person])
        ):
            self._remember(key, _Memory(person, discord_id=None, source=AliasSource.FEED))

    def _create_user(self, sighting: Sighting) -> Person:
        assert sighting.discord_id is not None
        key = f"discord:{sighting.discord_id}"
        username = sighting.username or sighting.name
        self.new_users.append(
            NewUser(key, sighting.discord_id, username, sighting.discriminator, display_name=sighting.name)
        )
        self._users.add(key)
        return key

    def _create_placeholder(self, sighting: Sighting) -> Person:
        key = sighting.placeholder_name
        self.new_placeholders.append(NewPlaceholder(key, sighting.name, sighting))
        self._users.add(key)
        self._placeholders[key] = key
        self._placeholder_named[key] = key
        return key

    def _upgrade(self, user_id: int, sighting: Sighting) -> Person:
        assert sighting.discord_id is not None
        name = self._no_placeholder_any_more(user_id)
        username = sighting.username or sighting.name
        self.upgrades.append(Upgrade(user_id, name, sighting.discord_id, username, sighting.discriminator))
        return user_id

    def _merge(self, placeholder_id: int, user_id: int) -> None:
        """What led to the placeholder leads to the user: its rows move, and the aliases' among them."""
        name = self._no_placeholder_any_more(placeholder_id)
        self.merges.append(Merge(placeholder_id, name, user_id))
        self._users.discard(placeholder_id)
        for key in [key for key, memory in self._aliases.items() if memory.person == placeholder_id]:
            if key.kind is AliasKind.CREW_NAME:
                del self._aliases[key]  # a name never leads to a real person: the merge forgets it
            else:
                self._remember(key, self._aliases[key]._replace(person=user_id))
        for signup in [signup for signup, person in self._signups.items() if person == placeholder_id]:
            self._signups[signup] = user_id

    def _no_placeholder_any_more(self, user_id: int) -> str:
        name = self._placeholders.pop(user_id)
        if self._placeholder_named.get(name) == user_id:
            del self._placeholder_named[name]
        return name


def _first(candidates: Iterable[Person | None]) -> Person | None:
    return next((person for person in candidates if person is not None), None)


def _remembered(alias: Alias) -> _Memory:
    return _Memory(alias.user_id, alias.discord_id, alias.source)


def _people_by_signup(signups: Iterable[Signup]) -> dict[tuple[int, Role, int], Person]:
    return {
        (signup.episode_id, signup.role, feed_id): signup.user_id
        for signup in signups
        for feed_id in signup.feed_ids
    }


def _users_by_name(users: Iterable[User]) -> dict[str, Person]:
    """The real users whose tag is nobody else's, by it: `name`, or in the old style `name#1234`."""
    found: defaultdict[str, list[Person]] = defaultdict(list)
    for user in users:
        if user.discord_id and user.is_active and not user.is_placeholder:
            is_old_style = user.discriminator not in NO_DISCRIMINATOR
            tag = f"{user.username}#{user.discriminator}" if is_old_style else user.username
            found[fold(tag)].append(user.id)
    return {name: people[0] for name, people in found.items() if len(people) == 1}
