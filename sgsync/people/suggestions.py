"""Who a placeholder may really be. Pure; guesses for a person to judge, never acted on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz, process

from sgsync.people.sightings import NO_DISCRIMINATOR, fold, tag_parts

MOST = 3
"""So many suggestions for one placeholder; more would be none."""

_SIMILARITY = 88  # percent; below, strangers begin to look alike
_COMPARABLE_LENGTH = 4  # shorter names are alike by chance


class Reason(Enum):
    """Why somebody may be it; the most convincing reason first."""

    TAG_AND_DISCRIMINATOR = "tag equals Discord user name and discriminator"
    TAG = "tag equals Discord user name"
    TWITCH = "name equals Twitch name"
    TAG_NAME = "tag equals Discord user name, apart from the discriminator"
    DISPLAY_NAME = "name equals display name"
    SIMILAR_NAME = "name is similar to display name"


_RANKS = {reason: rank for rank, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A placeholder, as far as it can be compared: its tags and names are compared folded."""

    id: int
    tags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RealUser:
    """Somebody whom a placeholder may turn out to be."""

    id: int
    username: str
    discriminator: str | None = None
    display_name: str | None = None
    twitch_name: str | None = None

    @property
    def name(self) -> str:
        return self.display_name or self.username


@dataclass(frozen=True, slots=True)
class Suggestion:
    user: RealUser
    reasons: tuple[Reason, ...]


def suggest(
    placeholders: Iterable[Unlinked], users: Iterable[RealUser]
) -> Mapping[int, tuple[Suggestion, ...]]:
    """The likely real users of each placeholder, by its id, the likeliest first."""
    directory = _Directory(users)
    return {placeholder.id: _ranked(directory.matches(placeholder)) for placeholder in placeholders}


_Match = tuple[RealUser, Reason]


class _Directory:
    """The real users, by everything that a placeholder can have in common with them."""

    def __init__(self, users: Iterable[RealUser]) -> None:
        ordered = sorted(users, key=lambda user: user.id)
        self._by_username = _index(ordered, lambda user: user.username)
        self._by_twitch = _index(ordered, lambda user: user.twitch_name)
        self._by_name = _index(ordered, lambda user: user.name)
        self._names = [name for name in self._by_name if len(name) >= _COMPARABLE_LENGTH]

    def matches(self, placeholder: Unlinked) -> list[_Match]:
        """Who has something in common with `placeholder`; similar names only where nobody has an equal one."""
        names = tuple(dict.fromkeys(map(fold, placeholder.names)))
        equal = [*self._of_same_tag(placeholder.tags), *self._of_same_name(names)]
        return equal or list(self._of_similar_name(names))

    def _of_same_tag(self, tags: Iterable[str]) -> Iterator[_Match]:
        for tag in tags:
            username, discriminator = tag_parts(tag)
            for user in self._by_username.get(fold(username), ()):
                if reason := _tag_reason(discriminator, user.discriminator):
                    yield user, reason

    def _of_same_name(self, names: Iterable[str]) -> Iterator[_Match]:
        for name in names:
            yield from ((user, Reason.TWITCH) for user in self._by_twitch.get(name, ()))
            yield from ((user, Reason.DISPLAY_NAME) for user in self._by_name.get(name, ()))

    def _of_similar_name(self, names: Iterable[str]) -> Iterator[_Match]:
        for name in names:
            if len(name) < _COMPARABLE_LENGTH:
                continue
            found = process.extract(
                name, self._names, scorer=fuzz.ratio, score_cutoff=_SIMILARITY, limit=MOST
            )
            for similar, _, _ in found:
                yield from ((user, Reason.SIMILAR_NAME) for user in self._by_name[similar])


def _index(
    users: Sequence[RealUser], name: Callable[[RealUser], str | None]
) -> Mapping[str, Sequence[RealUser]]:
    index = defaultdict(list)
    for user in users:
        if folded := fold(name(user) or ""):
            index[folded].append(user)
    return index


def _tag_reason(of_tag: str | None, of_user: str | None) -> Reason | None:
    """What an equal user name is worth: in the old style, another discriminator means another person."""
    if of_tag is None and of_user in NO_DISCRIMINATOR:
        return Reason.TAG
    if of_tag is None or of_user in NO_DISCRIMINATOR:
        return Reason.TAG_NAME
    return Reason.TAG_AND_DISCRIMINATOR if of_tag == of_user else None


def _ranked(matches: Iterable[_Match]) -> tuple[Suggestion, ...]:
    reasons: defaultdict[RealUser, set[Reason]] = defaultdict(set)
    for user, reason in matches:
        reasons[user].add(reason)
    suggestions = [
        Suggestion(user, tuple(sorted(found, key=_RANKS.__getitem__))) for user, found in reasons.items()
    ]
    return tuple(sorted(suggestions, key=_likelihood)[:MOST])


def _likelihood(suggestion: Suggestion) -> tuple[list[int], int]:
    """The best reason counts first, then the next; one more reason is better than none."""
    ranks = [_RANKS[reason] for reason in suggestion.reasons]
    return [*ranks, len(Reason)], suggestion.user.id
