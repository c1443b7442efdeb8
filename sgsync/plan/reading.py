"""What was heard, understood: who everybody is, what is known, which episodes are followed. Pure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.identity import Identities, Person, identify
from sgsync.people.sightings import Sighting, unsaid_roles
from sgsync.plan.actions import PlannedSignup, Seat, Skip
from sgsync.plan.channels import Channels, choose_channels
from sgsync.plan.heard import Heard
from sgsync.plan.importable import event_of, reason_to_skip
from sgsync.plan.known import Known, known_matches
from sgsync.plan.match import title_of
from sgsync.plan.options import PlanOptions
from sgsync.plan.revise import Theirs
from sgsync.snapshot.values import MatchFields, Snapshot, Tournament


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard, understood: who everybody is, what is known, which channel each episode is on."""

    snapshot: Snapshot
    asked: frozenset[int]  # by id, because they were not listed
    skips: tuple[Skip, ...]
    followed: tuple[SpeedGamingEpisode, ...]
    sightings: Mapping[int, Sequence[Sighting]]
    identities: Identities
    merged: Mapping[int, int]  # placeholders, and the users that they turned out to be
    known: Mapping[int, Known]
    channels: Channels

    def signups(self, episode_id: int) -> tuple[PlannedSignup, ...]:
        return signups_of(self.sightings[episode_id], self.identities.persons)

    def theirs(self, episode: SpeedGamingEpisode, known: Known) -> Theirs:
        home, event = self.snapshot.tournament, event_of(episode)
        is_guest = _is_a_guest(known, home)
        is_channel_left = episode.channels is None or is_guest
        channel = known.base.channel if is_channel_left else self.channels.refs[episode.id]
        # Without a word of anybody's and without players: the title was their names.
        title = title_of(episode) or known.base.title
        # Until the tournament that is synced with its new event takes it over, it counts as one of the old event.
        goes_elsewhere = event in self.snapshot.synced_slugs - {home.slug}
        return Theirs(
            MatchFields(episode.race_start, title, channel, home.id),
            self.channels.names[episode.id],
            event=known.event if goes_elsewhere else event,
            unsaid=unsaid_roles(episode),
            says_channel=episode.channels is not None or is_guest,
            is_listed=episode.id not in self.asked,
        )

    def at_home(self, known: Known) -> Known:
        """`known`, if SpeedGaming moves its match here from another organization without the channel chosen there.

        That cannot be kept: channels belong to their organization.
        """
        home, fields = self.snapshot.tournament, known.match.fields
        if home.id in (fields.tournament_id, known.base.tournament_id):
            return known
        ours = {
            channel.id
            for channel in self.snapshot.channels.values()
            if channel.organization_id == home.organization_id
        }
        if fields.channel is None or fields.channel in ours:
            return known
        return replace(known, base=replace(known.base, channel=fields.channel))


def _is_a_guest(known: Known, home: Tournament) -> bool:
    """Whether somebody moved the match into another organization, which has channels of its own."""
    came_from_here = known.base.tournament_id == home.id
    return came_from_here and known.match.organization_id not in (None, home.organization_id)


def read(heard: Heard, snapshot: Snapshot, options: PlanOptions) -> Reading:
    episodes = sorted(heard.episodes, key=lambda episode: episode.id)
    reasons = (
        reason_to_skip(episode, snapshot, options, is_listed=episode.id not in heard.asked)
        for episode in episodes
    )
    skips = tuple(skip for skip in reasons if skip)
    skipped = {skip.episode_id for skip in skips}
    followed = tuple(episode for episode in episodes if episode.id not in skipped)
    sightings = {episode.id: heard.sightings[episode.id] for episode in followed}
    identities = _identify(heard, sightings.keys(), snapshot, options)
    merged = {merge.placeholder_id: merge.user_id for merge in identities.merges}
    return Reading(
        snapshot=snapshot,
        asked=heard.asked,
        skips=skips,
        followed=followed,
        sightings=sightings,
        identities=identities,
        merged=merged,
        known=known_matches(snapshot, merged),
        channels=choose_channels(followed, snapshot, options.channel_language),
    )


def _identify(
    heard: Heard, followed: AbstractSet[int], snapshot: Snapshot, options: PlanOptions
) -> Identities:
    """Who everybody is. Nobody is created for a match that does not follow, but it tells who somebody is."""
    here = {
        id_ for id_, match in snapshot.matches.items() if match.fields.tournament_id == snapshot.tournament.id
    }
    frozen = {id_ for id_ in followed & snapshot.matches.keys() if snapshot.matches[id_].frozen_by}
    open_to_all = [each for id_ in followed - frozen for each in heard.sightings[id_]]
    closed = [each for id_ in frozen for each in heard.sightings[id_]]
    left = (here - followed) & heard.sightings.keys()
    telling = [each for id_ in left for each in heard.sightings[id_] if each.discord_id]
    identities = identify(
        [*open_to_all, *closed, *telling],
        snapshot,
        match_tags=options.match_tags,
        unmergeable=options.unmergeable,
    )
    return _without_strangers(identities, {identities.persons[each] for each in open_to_all})


def _without_strangers(identities: Identities, needed: AbstractSet[Person]) -> Identities:
    """`identities`, without the users who would be created and stand nowhere."""
    return replace(
        identities,
        new_users=tuple(user for user in identities.new_users if user.key in needed),
        new_placeholders=tuple(each for each in identities.new_placeholders if each.key in needed),
        aliases=tuple(
            each for each in identities.aliases if isinstance(each.person, int) or each.person in needed
        ),
    )


def signups_of(
    sightings: Sequence[Sighting], persons: Mapping[Sighting, Person]
) -> tuple[PlannedSignup, ...]:
    """One entry per role and person; whoever is listed twice there has both ids, and either approval."""
    listed: dict[Seat, list[Sighting]] = {}
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
