"""What holds whatever the feed shows and whatever the database knows."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from sgsync.people.identity import identify
from sgsync.people.sightings import Sighting
from sgsync.snapshot.values import AliasKey, AliasSource, Snapshot
from tests.people.strategies import batches, databases
from tests.people.world import World
from tests.snapshots import make_snapshot

bounded = settings(max_examples=200, deadline=None, derandomize=True, database=None)
played = settings(bounded, max_examples=100)

polls = st.lists(batches(5), min_size=1, max_size=4)


@bounded
@given(batches().flatmap(lambda batch: st.tuples(st.just(batch), st.permutations(batch))), databases())
def test_the_order_of_sightings_does_not_matter(
    orders: tuple[list[Sighting], list[Sighting]], snapshot: Snapshot
) -> None:
    batch, shuffled = orders
    assert identify(shuffled, snapshot) == identify(batch, snapshot)


@bounded
@given(batches(), databases())
def test_everybody_seen_is_somebody(batch: list[Sighting], snapshot: Snapshot) -> None:
    world = World(snapshot)
    assert set(world.poll_all(batch)) == set(batch)
    assert set(world.snapshot.users) >= {alias.user_id for alias in world.snapshot.aliases.values()}


@played
@given(polls, databases())
def test_two_discord_ids_never_end_in_one_user_and_one_never_in_two(
    batches: list[list[Sighting]], snapshot: Snapshot
) -> None:
    world = World(snapshot)
    for batch in batches:
        for sighting, user_id in world.poll_all(batch).items():
            if sighting.discord_id:
                assert world.user(user_id).discord_id == sighting.discord_id
                assert not world.user(user_id).is_placeholder
        holders = Counter(user.discord_id for user in world.snapshot.users.values() if user.discord_id)
        assert set(holders.values()) <= {1}


@played
@given(polls, databases())
def test_a_real_user_never_loses_or_changes_his_discord_id(
    batches: list[list[Sighting]], snapshot: Snapshot
) -> None:
    world = World(snapshot)
    for batch in batches:
        before = world.snapshot.users
        world.poll_all(batch)
        assert all(world.user(user.id) == user for user in before.values() if not user.is_placeholder)


@bounded
@given(batches(), databases())
def test_only_evidence_leads_somebody_without_a_discord_id_to_a_real_person(
    batch: list[Sighting], snapshot: Snapshot
) -> None:
    world = World(snapshot)
    merged = {merge.placeholder_id: merge.user_id for merge in identify(batch, snapshot).merges}
    who = world.poll_all(batch)

    def is_proven(key: AliasKey | None, user_id: int) -> bool:
        alias = world.snapshot.aliases.get(key) if key else None
        return (
            alias is not None
            and alias.user_id == user_id
            and bool(alias.discord_id or alias.source is not AliasSource.FEED)
        )

    for sighting, user_id in who.items():
        if sighting.discord_id is None and not world.user(user_id).is_placeholder:
            assert (
                is_proven(sighting.player_alias, user_id)
                or is_proven(sighting.tag_alias, user_id)
                or (not sighting.is_player and _signed_up(sighting, user_id, snapshot, merged))
            )


def _signed_up(sighting: Sighting, user_id: int, snapshot: Snapshot, merged: Mapping[int, int]) -> bool:
    appearance = (sighting.episode_id, sighting.role, user_id, (sighting.feed_id,))
    return appearance in {
        (signup.episode_id, signup.role, merged.get(signup.user_id, signup.user_id), signup.feed_ids)
        for signup in snapshot.signups
    }


@played
@given(polls, databases())
def test_the_same_poll_again_finds_nothing_new(batches: list[list[Sighting]], snapshot: Snapshot) -> None:
    world = World(snapshot)
    for batch in batches:
        who = world.poll_all(batch)
        again = identify(batch, world.snapshot)
        assert again.is_empty
        assert again.persons == who


@bounded
@given(batches(), databases())
def test_a_placeholder_that_stands_already_is_never_made_again(
    batch: list[Sighting], snapshot: Snapshot
) -> None:
    identities = identify(batch, snapshot)
    gone = {upgrade.user_id for upgrade in identities.upgrades}
    gone |= {merge.placeholder_id for merge in identities.merges}
    standing = [
        user.username for user in snapshot.users.values() if user.is_placeholder and user.id not in gone
    ]
    new = [placeholder.key for placeholder in identities.new_placeholders]
    assert len(set(new)) == len(new)
    assert not set(standing) & set(new)


@bounded
@given(batches(), databases())
def test_a_player_and_a_crew_member_never_share_a_placeholder_but_by_their_tag(
    batch: list[Sighting], snapshot: Snapshot
) -> None:
    untagged = [sighting for sighting in batch if not sighting.tag]
    persons = identify(untagged, make_snapshot(*snapshot.users.values())).persons
    players = {persons[sighting] for sighting in untagged if not sighting.discord_id and sighting.is_player}
    crew = {persons[sighting] for sighting in untagged if not sighting.discord_id and not sighting.is_player}
    assert not players & crew


@bounded
@given(batches())
def test_the_people_of_one_poll_do_not_depend_on_how_it_is_split(batch: list[Sighting]) -> None:
    """With Discord ids everywhere, episode by episode ends where all at once does."""
    known = [sighting for sighting in batch if sighting.discord_id]
    at_once, one_by_one = World(), World()
    together = at_once.poll_all(known)
    apart = {sighting: one_by_one.poll(sighting)[0] for sighting in known}
    assert {s: at_once.user(u).discord_id for s, u in together.items()} == {
        s: one_by_one.user(u).discord_id for s, u in apart.items()
    }
