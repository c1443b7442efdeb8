"""The three-way comparison: what SpeedGaming says now, what it said before, what stands in the database.

Unchanged upstream: the row stays as it is, edited or not. Changed upstream: the row follows, unless
somebody edited it; then the edit stays, and that is said once. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sgsync.plan.actions import EDITED, FieldChange, Kept, PlannedSignup, Seat
from sgsync.snapshot.values import Entry, MatchFields, Role, Signup

LISTED, NOT_LISTED = "listed", "not listed"
FIELDS = ("scheduled_at", "title", "channel", "tournament_id")


def reconcile_fields(
    theirs: MatchFields, base: MatchFields, ours: MatchFields, *, overwrite: bool = False
) -> tuple[tuple[FieldChange, ...], tuple[Kept, ...]]:
    """What follows SpeedGaming and what stays, each field by itself. `overwrite` lets theirs win.

    Theirs is the base of the next comparison even where it stays out: it has been heard, and said.
    """
    changes: list[FieldChange] = []
    kept: list[Kept] = []
    for name in FIELDS:
        now, before, row = getattr(theirs, name), getattr(base, name), getattr(ours, name)
        if now == row or (now == before and not overwrite):
            continue
        if overwrite or row == before:
            changes.append(FieldChange(name, row, now, is_overwritten=row != before))
        else:
            kept.append(Kept(name, row, now))
    return tuple(changes), tuple(kept)


@dataclass(frozen=True, slots=True)
class PeopleOutcome:
    """What becomes of a match's roster and crew, and of the base that remembers them."""

    added: tuple[PlannedSignup, ...]
    removed: tuple[Seat, ...]
    approvals: tuple[PlannedSignup, ...]
    kept: tuple[Kept, ...]
    remembered: tuple[PlannedSignup, ...]
    forgotten: tuple[Seat, ...]


def reconcile_people(
    theirs: Mapping[Seat, PlannedSignup],
    base: Mapping[Seat, Signup],
    ours: Mapping[Seat, Entry],
    *,
    overwrite: bool = False,
) -> PeopleOutcome:
    """Decide for each seat by itself. Who was added locally stays, and so does local work on a row."""
    added = [
        signup for seat, signup in theirs.items() if seat not in ours and (overwrite or seat not in base)
    ]
    gone = [seat for seat in ours if seat not in theirs and (overwrite or seat in base)]
    approvals = {
        seat: _follows_approval(signup.approved, base.get(seat), ours[seat], overwrite=overwrite)
        for seat, signup in theirs.items()
        if seat in ours and signup.role is not Role.PLAYER
    }
    staying = [seat for seat in gone if not ours[seat].is_pristine]
    left = [Kept(role, LISTED, NOT_LISTED, person, work_on(role)) for role, person in staying]
    approved = [
        Kept(
            seat[0],
            approval(ours[seat].approved),
            approval(theirs[seat].approved),
            seat[1],
            EDITED if ours[seat].is_pristine else work_on(seat[0]),
        )
        for seat, follows in approvals.items()
        if follows is False
    ]
    return PeopleOutcome(
        added=tuple(added),
        removed=tuple(seat for seat in gone if ours[seat].is_pristine),
        approvals=tuple(theirs[seat] for seat, follows in approvals.items() if follows),
        kept=(*left, *approved),
        remembered=(
            *(signup for seat, signup in theirs.items() if not _says_the_same(signup, base.get(seat))),
            *(_no_longer_listed(base[seat]) for seat in staying if seat in base and base[seat].feed_ids),
        ),
        # Who stays for the work on his row goes once that is taken back.
        forgotten=tuple(seat for seat in base if seat not in theirs and seat not in staying),
    )


def _no_longer_listed(signup: Signup) -> PlannedSignup:
    """The base of somebody who stays although SpeedGaming took him out: under none of its ids."""
    return PlannedSignup(signup.role, signup.user_id, "", (), signup.approved)


def _follows_approval(theirs: bool, base: Signup | None, ours: Entry, *, overwrite: bool) -> bool | None:
    """Whether a crew row's approval follows SpeedGaming; None where there is nothing to decide."""
    if theirs == ours.approved:
        return None
    if overwrite:
        return ours.is_pristine
    if base is None and theirs:  # somebody signed up here, and is listed and approved there now
        return ours.is_pristine
    if base is None or theirs == base.approved:
        return None
    return ours.approved == base.approved and ours.is_pristine


def approval(approved: bool) -> str:
    return "approved" if approved else "not approved"


def work_on(role: Role) -> str:
    """What somebody did here with a row that is not pristine."""
    return "it has a rank or a station" if role is Role.PLAYER else "somebody here decided on the approval"


def _says_the_same(signup: PlannedSignup, base: Signup | None) -> bool:
    return base is not None and (base.feed_ids, base.approved) == (signup.feed_ids, signup.approved)
