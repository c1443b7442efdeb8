"""Random episodes and random databases that know some of them."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from sgsync.fetch.answers import read_episode
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.snapshot.values import Entry, KnownMatch, LedgerEntry, Role, Snapshot, State
from tests.feed_json import make_channel, make_crew, make_episode, make_event, make_match, make_player
from tests.people.strategies import DISCORD_IDS, LABELS, NUMBERS, TAGS, databases
from tests.plan.episodes import NOW
from tests.snapshots import START, make_known_channel, make_known_match, make_ledger_entry

EPISODE_IDS = range(1, 6)
CHANNELS = ("SpeedGaming", "ALTTPR1", "No Stream")

_discord_ids = st.sampled_from(["", *map(str, DISCORD_IDS)])
_tags = st.sampled_from(["", *TAGS])
_names = st.sampled_from(["", "Winner of Match 1", *LABELS])
_players = st.lists(
    st.builds(
        make_player,
        st.sampled_from(NUMBERS),
        _names,
        discordId=_discord_ids,
        discordTag=_tags,
    ),
    max_size=3,
)
_crews = st.lists(
    st.builds(
        make_crew,
        st.sampled_from(NUMBERS),
        _names,
        discordId=_discord_ids,
        discordTag=_tags,
        approved=st.booleans(),
    ),
    max_size=2,
)
_starts = st.sampled_from((START, START + timedelta(hours=1), NOW - timedelta(days=1)))
_matches = _players.map(lambda players: make_match(*players))

episodes: st.SearchStrategy[SpeedGamingEpisode] = st.builds(
    make_episode,
    st.sampled_from(EPISODE_IDS),
    timezone=st.sampled_from(("", "", "", "CET")),
    event=st.sampled_from((make_event(), make_event(), make_event("smz3"), None)),
    match1=_matches,
    match2=st.none() | _matches,
    channels=st.lists(
        st.builds(make_channel, st.sampled_from(CHANNELS), language=st.sampled_from(("en", "de"))), max_size=2
    ),
    commentators=_crews,
    trackers=_crews,
    broadcasters=_crews,
).map(read_episode)

schedules = st.lists(episodes, max_size=4, unique_by=lambda episode: episode.id)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A database with people, and with matches, memories of matches and channels."""
    people = draw(databases())
    user_ids = st.sampled_from(sorted(people.users) or [0])
    entries = st.builds(Entry, st.sampled_from(Role), user_ids, st.booleans(), st.booleans())
    most = 3 if people.users else 0
    matches: dict[int, KnownMatch] = {}
    ledger: dict[int, LedgerEntry] = {}
    for episode_id in draw(st.sets(st.sampled_from(EPISODE_IDS), max_size=3)):
        fields = {
            "scheduled_at": draw(_starts),
            "tournament_id": draw(st.sampled_from((5, 5, 6))),
            "channel": draw(st.none() | st.sampled_from((1, 2, 3))),
        }
        if draw(st.booleans()):
            match = make_known_match(
                episode_id,
                900 + episode_id,
                draw(st.lists(entries, max_size=most, unique_by=lambda entry: (entry.role, entry.user_id))),
                **fields,
            )
            frozen_by = draw(st.sampled_from((None, None, "it has started")))
            matches[episode_id] = replace(match, frozen_by=frozen_by, tournament_slug="alttprleague")
        if draw(st.booleans()):
            match_id = 900 + episode_id if episode_id in matches else None
            entry = make_ledger_entry(episode_id, match_id, **{**fields, "scheduled_at": draw(_starts)})
            ledger[episode_id] = replace(entry, state=draw(st.sampled_from(State)))
    organizations = draw(
        st.fixed_dictionaries({}, optional={name: st.sampled_from((2, 99)) for name in CHANNELS})
    )
    channels = {
        name: make_known_channel(number, name, organization)
        for number, (name, organization) in enumerate(organizations.items(), start=1)
    }
    signups = tuple(signup for signup in people.signups if signup.episode_id in ledger)
    return replace(people, signups=signups, matches=matches, ledger=ledger, channels=channels)
