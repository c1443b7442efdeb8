"""A model of the tables of people that identities are applied to, so that batch after batch can be played."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sgsync.people.identity import Identities, Merge, identify
from sgsync.people.sightings import Sighting
from sgsync.snapshot.values import Alias, AliasKey, AliasKind, Role, Signup, Snapshot, User
from tests.snapshots import make_snapshot

SignupKey = tuple[int, Role, int]


def saw_player(player_id: int, **fields: Any) -> Sighting:
    return _saw(Role.PLAYER, player_id, **fields)


def saw_crew(signup_id: int, *, role: Role = Role.COMMENTATOR, **fields: Any) -> Sighting:
    return _saw(role, signup_id, **fields)


def _saw(role: Role, feed_id: int, **fields: Any) -> Sighting:
    unsaid = {"episode_id": 75000, "discord_id": None, "tag": None, "label": None, "approved": False}
    return Sighting(role=role, feed_id=feed_id, **{**unsaid, **fields})


@dataclass
class People:
    """Users, aliases and sign-ups, written to as `sgsync.apply` and the merge write to them."""

    users: dict[int, User] = field(default_factory=dict)
    aliases: dict[AliasKey, Alias] = field(default_factory=dict)
    signups: dict[SignupKey, Signup] = field(default_factory=dict)
    last_id: int = 0

    @classmethod
    def of(cls, snapshot: Snapshot) -> "People":
        people = cls(dict(snapshot.users), dict(snapshot.aliases), last_id=max(snapshot.users, default=0))
        for signup in snapshot.signups:
            people.sign_up(signup)
        return people

    def sign_up(self, signup: Signup) -> None:
        self.signups[signup.episode_id, signup.role, signup.user_id] = signup

    def add(self, username: str, **fields: Any) -> int:
        """A new row, under an id that nobody ever had."""
        self.last_id += 1
        self.users[self.last_id] = User(self.last_id, username, **fields)
        return self.last_id

    def learn(self, identities: Identities) -> dict[str, int]:
        """Write `identities`; the ids of the new users by key."""
        for upgrade in identities.upgrades:
            before = self.users[upgrade.user_id]
            assert before.is_placeholder
            self.users[before.id] = replace(
                before,
                username=upgrade.username,
                discord_id=upgrade.discord_id,
                discriminator=upgrade.discriminator,
                is_placeholder=False,
            )
        for merge in identities.merges:
            self._merge(merge)
        ids = {
            user.key: self.add(
                user.username,
                discord_id=user.discord_id,
                discriminator=user.discriminator,
                display_name=user.display_name,
            )
            for user in identities.new_users
        }
        for placeholder in identities.new_placeholders:
            ids[placeholder.key] = self.add(
                placeholder.key, display_name=placeholder.display_name, is_placeholder=True
            )
        for alias in identities.aliases:
            user_id = alias.person if isinstance(alias.person, int) else ids[alias.person]
            assert user_id in self.users
            self.aliases[alias.key] = Alias(alias.key, user_id, alias.discord_id, alias.source)
        discord_ids = [user.discord_id for user in self.users.values() if user.discord_id]
        assert len(set(discord_ids)) == len(discord_ids)  # a unique index of the database
        return ids

    def _merge(self, merge: Merge) -> None:
        placeholder, user = self.users.pop(merge.placeholder_id), self.users[merge.user_id]
        assert (placeholder.is_placeholder, user.is_placeholder) == (True, False)
        self.users[user.id] = replace(user, is_member=user.is_member or placeholder.is_member)
        theirs = [alias for alias in self.aliases.values() if alias.user_id == placeholder.id]
        for alias in theirs:
            if alias.key.kind is AliasKind.CREW_NAME:
                del self.aliases[alias.key]
            else:
                self.aliases[alias.key] = alias._replace(user_id=user.id)
        for key in [key for key in self.signups if key[2] == placeholder.id]:
            signup = self.signups.pop(key)
            kept = self.signups.get((*key[:2], user.id))
            self.sign_up(_united(kept, signup) if kept else signup._replace(user_id=user.id))


def _united(kept: Signup, double: Signup) -> Signup:
    feed_ids = tuple(sorted({*kept.feed_ids, *double.feed_ids}))
    return kept._replace(feed_ids=feed_ids, approved=kept.approved or double.approved)


@dataclass
class World:
    """Polls of the feed, one after the other, and what the database knows by then."""

    start: Snapshot = field(default_factory=make_snapshot)
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People.of(self.start)

    @property
    def snapshot(self) -> Snapshot:
        people = self.people
        return replace(
            self.start,
            users=dict(people.users),
            aliases=dict(people.aliases),
            signups=tuple(people.signups.values()),
        )

    def poll(self, *sightings: Sighting) -> list[int]:
        """Identify `sightings` and remember the outcome; the user id of each."""
        who = self.poll_all(sightings)
        return [who[sighting] for sighting in sightings]

    def poll_all(self, sightings: Iterable[Sighting]) -> dict[Sighting, int]:
        identities = identify(sightings, self.snapshot)
        ids = self.people.learn(identities)
        who = {
            sighting: person if isinstance(person, int) else ids[person]
            for sighting, person in identities.persons.items()
        }
        for sighting, user_id in who.items():
            self.people.sign_up(
                Signup(sighting.episode_id, sighting.role, user_id, (sighting.feed_id,), sighting.approved)
            )
        return who

    def user(self, user_id: int) -> User:
        return self.people.users[user_id]
