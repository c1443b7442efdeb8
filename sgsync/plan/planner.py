"""From episodes and a snapshot to a plan. Pure: no database, no network, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sgsync.fetch.wire import SpeedGamingChannel, SpeedGamingEpisode
from sgsync.people.identity import Person, identify
from sgsync.people.sightings import Sighting, sightings_of
from sgsync.plan.actions import Adoption, NewChannel, NewMatch, Plan, PlannedSignup, Skip, SkipReason
from sgsync.plan.importable import reason_to_skip
from sgsync.plan.match import channel_name, channel_of, new_channel, title_of
from sgsync.snapshot.values import CREW_ROLES, KnownMatch, Role, Signup, Snapshot


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the settings and the command line have to say about a plan."""

    channel_language: str = "en"
    requested: frozenset[int] = frozenset()  # episodes that an operator asked for by id


def make_plan(episodes: Iterable[SpeedGamingEpisode], snapshot: Snapshot, options: PlanOptions) -> Plan:
    """What must change so that the tournament of `snapshot` shows `episodes`.

    Each episode id may occur once. The order of the episodes does not matter.
    """
    ordered = sorted(episodes, key=lambda episode: episode.id)
    skips = {
        episode.id: skip
        for episode in ordered
        if (skip := reason_to_skip(episode, snapshot, options.requested))
    }
    new = [episode for episode in ordered if episode.id not in skips]
    sightings = {episode.id: sightings_of(episode) for episode in new}
    identities = identify((each for group in sightings.values() for each in group), snapshot)
    channels = _Channels.choose(new, snapshot, options.channel_language)
    matches = tuple(
        NewMatch(
            episode_id=episode.id,
            scheduled_at=episode.race_start,
            title=title_of(episode),
            channel_name=channels.by_episode[episode.id],
            signups=signups_of(sightings[episode.id], identities.persons),
        )
        for episode in new
    )
    adoptions = _adoptions(skips.values(), snapshot)
    listed: list[tuple[Role, Person]] = [
        (signup.role, signup.person) for match in matches for signup in match.signups
    ]
    listed += [(signup.role, signup.user_id) for adoption in adoptions for signup in adoption.signups]
    return Plan(
        tournament=snapshot.tournament,
        identities=identities,
        new_channels=channels.new,
        channel_ids=channels.ids,
        new_matches=matches,
        adoptions=adoptions,
        new_members=_new_to_the_organization(listed, snapshot),
        new_registrations=_new_to_the_tournament(listed, snapshot),
        skips=tuple(skips.values()),
        warnings=channels.warnings,
    )


def signups_of(
    sightings: Sequence[Sighting], persons: Mapping[Sighting, Person]
) -> tuple[PlannedSignup, ...]:
    """One entry per role and person; whoever is listed twice there has both ids, and either approval."""
    listed: dict[tuple[Role, Person], list[Sighting]] = {}
    for sighting in sightings:
        listed.setdefault((sighting.role, persons[sighting]), []).append(sighting)
    return tuple(
        PlannedSignup(
            role=role,
            person=person,
            name=entries[0].name,
            feed_ids=tuple(sorted({entry.feed_id for entry in entries})),
            approved=any(entry.approved for entry in entries),
        )
        for (role, person), entries in listed.items()
    )


def _adoptions(skips: Iterable[Skip], snapshot: Snapshot) -> tuple[Adoption, ...]:
    known = (snapshot.matches[skip.episode_id] for skip in skips if skip.reason is SkipReason.KNOWN)
    return tuple(
        Adoption(match, _signups_in(match)) for match in known if match.episode_id not in snapshot.ledger
    )


def _signups_in(match: KnownMatch) -> tuple[Signup, ...]:
    """Who stands in the roster and the crew of `match`; a role that is none of ours is not ours to keep."""
    players = [(Role.PLAYER, user_id, False) for user_id in match.players]
    crew = [
        (Role(entry.role), entry.user_id, entry.approved) for entry in match.crew if entry.role in CREW_ROLES
    ]
    listed = {(role, user_id): approved for role, user_id, approved in (*players, *crew)}
    return tuple(
        Signup(match.episode_id, role, user_id, feed_ids=(), approved=approved)
        for (role, user_id), approved in listed.items()
    )


def _new_to_the_organization(listed: Iterable[tuple[Role, Person]], snapshot: Snapshot) -> tuple[Person, ...]:
    members = {user.id for user in snapshot.users.values() if user.is_member}
    return tuple(dict.fromkeys(person for _, person in listed if person not in members))


def _new_to_the_tournament(listed: Iterable[tuple[Role, Person]], snapshot: Snapshot) -> tuple[Person, ...]:
    registered = {user.id for user in snapshot.users.values() if user.is_registered}
    players = (person for role, person in listed if role is Role.PLAYER)
    return tuple(dict.fromkeys(person for person in players if person not in registered))


@dataclass(frozen=True, slots=True)
class _Channels:
    """The channel of each new episode, and what the table of channels lacks."""

    by_episode: Mapping[int, str | None]
    ids: Mapping[str, int]
    new: tuple[NewChannel, ...]
    warnings: tuple[str, ...]

    @classmethod
    def choose(cls, episodes: Iterable[SpeedGamingEpisode], snapshot: Snapshot, language: str) -> "_Channels":
        chosen = {episode.id: channel_of(episode, language) for episode in episodes}
        wanted: dict[str, SpeedGamingChannel] = {}
        for channel in filter(None, chosen.values()):
            wanted.setdefault(channel_name(channel), channel)
        ids, new, foreign = {}, [], []
        for name, channel in sorted(wanted.items()):
            known = snapshot.channels.get(name)
            if known is None:
                new.append(new_channel(channel))
            elif known.organization_id == snapshot.tournament.organization_id:
                ids[name] = known.id
            else:
                foreign.append(name)
        names = {id_: channel_name(channel) if channel else None for id_, channel in chosen.items()}
        return cls(
            by_episode={id_: None if name in foreign else name for id_, name in names.items()},
            ids=ids,
            new=tuple(new),
            warnings=tuple(
                f"Channel '{name}' belongs to another organization: matches on it show no stream"
                for name in foreign
            ),
        )
