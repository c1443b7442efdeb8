"""Random sightings and random databases, small enough that coincidences are frequent."""

from collections.abc import Sequence

from hypothesis import strategies as st

from sgsync.people.sightings import Sighting
from sgsync.snapshot.values import Alias, AliasKey, AliasSource, Role, Signup, Snapshot, User
from tests.snapshots import (
    make_placeholder,
    make_snapshot,
    make_user,
    name_key,
    player_key,
    tag_key,
)

NUMBERS = range(1, 5)
DISCORD_IDS = range(100, 104)
TAGS = ("bob", "Bob#0", "quill", "al#1111")
LABELS = ("Quill", "QUILL", "Bob", "sg_1", "sg_crew_1")


def _appearance(sighting: Sighting) -> tuple[int, Role, int]:
    return sighting.episode_id, sighting.role, sighting.feed_id


def _one_of(values: Sequence[str] | Sequence[int]) -> st.SearchStrategy[int | str | None]:
    return st.none() | st.sampled_from(values)


_SIGHTINGS = st.builds(
    Sighting,
    episode_id=st.integers(1, 3),
    role=st.sampled_from(Role),
    feed_id=st.sampled_from(NUMBERS),
    discord_id=_one_of(DISCORD_IDS),
    tag=_one_of(TAGS),
    label=_one_of(LABELS),
    approved=st.just(value=False),
)


def batches(max_size: int = 7) -> st.SearchStrategy[list[Sighting]]:
    """Polls of the feed: each of its rows shows one person."""
    return st.lists(_SIGHTINGS, max_size=max_size, unique_by=_appearance)


_KEYS: list[AliasKey] = [
    *map(player_key, NUMBERS),
    *(tag_key(tag) for tag in ("bob", "quill", "al#1111")),
    *map(name_key, LABELS[1:]),
]


@st.composite
def databases(draw: st.DrawFn) -> Snapshot:
    """Whatever the application, its importer, admins and sgsync may have left, however odd."""
    users: list[User] = []
    for discord_id in draw(st.lists(st.sampled_from(DISCORD_IDS), unique=True, max_size=3)):
        username = draw(st.sampled_from(("bob", "sg_1", "sg_crew_1")))
        users.append(make_user(len(users) + 1, discord_id, username=username))
    for kind in draw(st.lists(st.sampled_from(("sg_", "sg_crew_", "")), max_size=4)):
        username = f"{kind}{draw(st.sampled_from(NUMBERS))}"
        number = len(users) + 1
        users.append(make_placeholder(number, username) if kind else make_user(number, username=username))
    if not users:
        return make_snapshot()
    aliases = []
    for key in draw(st.lists(st.sampled_from(_KEYS), unique=True, max_size=6)):
        user = draw(st.sampled_from(users))
        seen_with = user.discord_id if draw(st.booleans()) else None
        aliases.append(Alias(key, user.id, seen_with, draw(st.sampled_from(AliasSource))))
    signups = draw(
        st.lists(
            st.builds(
                Signup,
                episode_id=st.integers(1, 3),
                role=st.sampled_from(Role),
                user_id=st.sampled_from([user.id for user in users]),
                feed_ids=st.sampled_from(NUMBERS).map(lambda number: (number,)),
                approved=st.just(value=False),
            ),
            max_size=3,
            unique_by=lambda signup: (signup.episode_id, signup.role, signup.feed_ids),
        )
    )
    return make_snapshot(*users, aliases=aliases, signups=signups)
