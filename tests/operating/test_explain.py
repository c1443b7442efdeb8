"""`sgsync explain`: why an episode is in the application, or is not - the one reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sgsync.explain.reasons import reason_for
from sgsync.explain.values import Answer, Evidence, FeedSays, Place, Why, place_of
from sgsync.fetch.answers import read_episode
from sgsync.fetch.window import Window
from sgsync.plan.assignment import Assignment, assign_events
from sgsync.plan.options import PlanOptions
from sgsync.snapshot.values import (
    Entry,
    KnownMatch,
    LedgerEntry,
    MatchFields,
    Role,
    Signup,
    Snapshot,
    State,
    Tournament,
    User,
)
from tests.feed_json import make_crew, make_episode, make_event, make_match, make_player
from tests.operating.conftest import Here
from tests.scene import LEAGUE, Scene, canned_feed

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NEAR = Window(NOW - timedelta(hours=2), NOW + timedelta(days=30))
TODAY = Window(NOW - timedelta(hours=2), NOW + timedelta(hours=2))
EPISODE = 75000
AURELIO = 214358881903001601
RACE = datetime(2026, 11, 28, 18, 10, tzinfo=UTC)

TOURNAMENT = Tournament(1, "Season 9", 1, LEAGUE, is_enabled=True, is_active=True, auto_create_rooms=False)
OTHER = replace(TOURNAMENT, id=2, slug="other")
FIELDS = MatchFields(RACE, "Standard - Week 1", None, tournament_id=1)
USER = User(7, "aurelio", AURELIO, is_member=True, is_registered=True, display_name="Aurelio")
SIGNUP = Signup(EPISODE, Role.PLAYER, USER.id, (4211,), approved=False)
MATCH = KnownMatch(5, EPISODE, FIELDS, LEAGUE, entries=(Entry(Role.PLAYER, USER.id),))
ENTRY = LedgerEntry(EPISODE, MATCH.id, FIELDS)
CREW_HERE = Entry(Role.COMMENTATOR, USER.id, approved=True)
SIGNED_UP = Signup(EPISODE, Role.COMMENTATOR, USER.id, (88101,), approved=False)

UNKNOWN = FeedSays(Answer.UNKNOWN, sentence="SpeedGaming says: Failed to find episode with id 75000.")
SILENT = FeedSays(Answer.NONE, sentence="Cannot reach SpeedGaming.")
MALFORMED = FeedSays(Answer.MALFORMED, sentence="It is malformed (when: is missing)")


def says(**fields: Any) -> FeedSays:
    """SpeedGaming has the episode, with Aurelio alone in it, on no channel."""
    usual = {"match1": make_match(make_player()), "channels": [], "commentators": []}
    payload = make_episode(EPISODE, **(usual | fields))
    return FeedSays(Answer.FOUND, read_episode(payload), payload=payload)


def evidence(  # noqa: PLR0913 - one for each side
    feed: FeedSays | None = None,
    *,
    match: KnownMatch | None = None,
    entry: LedgerEntry | None = None,
    signups: tuple[Signup, ...] = (),
    place: Place | None = None,
    window: Window = NEAR,
    trouble: str | None = None,
    episode_of_match: int | None = None,
) -> Evidence:
    place = place or Place(TOURNAMENT, is_synced=True)
    snapshot = Snapshot(
        tournament=place.tournament or TOURNAMENT,
        users={USER.id: USER},
        matches={EPISODE: match} if match else {},
        ledger={EPISODE: entry} if entry else {},
        signups=signups,
    )
    return Evidence(
        EPISODE,
        feed or says(),
        place,
        window,
        snapshot if place.tournament else None,
        trouble,
        episode_of_match,
    )


IMPORTED: Mapping[str, Any] = {"match": MATCH, "entry": ENTRY, "signups": (SIGNUP,)}
CANCELLED = replace(ENTRY, state=State.CANCELLED)
FROZEN = replace(MATCH, frozen_by="it has started")
EDITED = replace(MATCH, fields=replace(FIELDS, title="Our final"))
DISABLED = Place(replace(TOURNAMENT, is_enabled=False))
WITHOUT_EVENT = next(iter(assign_events([replace(TOURNAMENT, slug=None)])))

REFUSED = "Episode 75000 was left out, the database refused it: value too long"

TABLE = [
    ("SpeedGaming does not answer", evidence(SILENT), Why.NO_ANSWER, "Cannot reach"),
    ("nobody has it", evidence(UNKNOWN), Why.NOT_ON_SPEEDGAMING, "no episode 75000"),
    ("malformed", evidence(MALFORMED), Why.MALFORMED, "when: is missing"),
    ("no tournament on its event", evidence(place=Place()), Why.NO_TOURNAMENT, f"--slug {LEAGUE}"),
    ("no event", evidence(says(event=None), place=Place()), Why.NO_TOURNAMENT, "names no event"),
    ("not enabled", evidence(place=DISABLED), Why.NOT_ENABLED, "sgsync tournaments enable 1"),
    (
        "not active",
        evidence(place=Place(replace(TOURNAMENT, is_active=False))),
        Why.NOT_ENABLED,
        "not active",
    ),
    (
        "no slug",
        evidence(place=Place(WITHOUT_EVENT.tournament, problem=WITHOUT_EVENT.problem)),
        Why.NOT_ENABLED,
        "no event slug",
    ),
    ("imported, then disabled", evidence(place=DISABLED, **IMPORTED), Why.NOT_ENABLED, "no longer follows"),
    ("held", evidence(says(timezone="Europe/Berlin")), Why.HELD, "Europe/Berlin"),
    ("known and held", evidence(says(timezone="?"), **IMPORTED), Why.HELD, "time zone field"),
    ("no players", evidence(says(match1=None)), Why.NO_PLAYERS, "no players yet"),
    ("another event", evidence(says(event=make_event("new")), **IMPORTED), Why.OTHER_EVENT, "'new'"),
    (
        "another tournament's",
        evidence(
            match=replace(MATCH, fields=replace(FIELDS, tournament_id=2)),
            entry=replace(ENTRY, base=replace(FIELDS, tournament_id=2)),
        ),
        Why.OTHER_TOURNAMENT,
        "tournament 2",
    ),
    ("too far ahead", evidence(window=TODAY), Why.OUTSIDE_WINDOW, "SGSYNC_WINDOW_FUTURE"),
    (
        "too long ago",
        evidence(says(when="2026-11-01T18:00:00Z", whenCountdown="")),
        Why.OUTSIDE_WINDOW,
        "SGSYNC_WINDOW_PAST",
    ),
    (
        "deleted here",
        evidence(entry=replace(ENTRY, match_id=None)),
        Why.DELETED,
        "sgsync import 1 --episode 75000 brings it back",
    ),
    ("cancelled", evidence(UNKNOWN, match=MATCH, entry=CANCELLED), Why.CANCELLED, "match 5 is kept"),
    (
        "cancelled, because it moved away",
        evidence(says(event=make_event("new")), match=MATCH, entry=CANCELLED, signups=(SIGNUP,)),
        Why.CANCELLED,
        "moved to the event 'new'",
    ),
    ("cancelled and deleted", evidence(UNKNOWN, entry=CANCELLED), Why.CANCELLED, "is gone"),
    ("cancelled and back", evidence(match=MATCH, entry=CANCELLED, signups=(SIGNUP,)), Why.WAITING, "match 5"),
    ("vanished", evidence(UNKNOWN, **IMPORTED), Why.WAITING, "marks match 5 as cancelled"),
    ("vanished and frozen", evidence(UNKNOWN, match=FROZEN, entry=ENTRY), Why.FROZEN, "it has started"),
    ("frozen", evidence(says(title="New"), match=FROZEN, entry=ENTRY), Why.FROZEN, "it has started"),
    ("edited here", evidence(**{**IMPORTED, "match": EDITED}), Why.KEPT, "(title)"),
    (
        "edited on both sides",
        evidence(says(title="New"), **{**IMPORTED, "match": EDITED}),
        Why.KEPT,
        "(title)",
    ),
    (
        "somebody was taken out here",
        evidence(**{**IMPORTED, "match": replace(MATCH, entries=())}),
        Why.KEPT,
        "without player Aurelio",
    ),
    (
        "somebody was put in here",
        evidence(**{**IMPORTED, "match": replace(MATCH, entries=(*MATCH.entries, CREW_HERE))}),
        Why.KEPT,
        "(with commentator Aurelio)",
    ),
    (
        "somebody was approved here",
        evidence(
            says(commentators=[make_crew(discordId=str(AURELIO), approved=False)]),
            match=replace(MATCH, entries=(*MATCH.entries, CREW_HERE)),
            entry=ENTRY,
            signups=(SIGNUP, SIGNED_UP),
        ),
        Why.KEPT,
        "(commentator Aurelio approved)",
    ),
    ("imported", evidence(**IMPORTED), Why.UP_TO_DATE, "It is match 5"),
    ("imported by the application", evidence(match=MATCH), Why.WAITING, "takes match 5 over as it is"),
    ("changed on SpeedGaming", evidence(says(title="New"), **IMPORTED), Why.WAITING, "match 5 up to date"),
    ("new", evidence(), Why.WAITING, "imports it"),
    ("imported by somebody else", evidence(match=MATCH), Why.WAITING, "match 5"),
    ("refused", evidence(trouble=REFUSED), Why.FAILED, REFUSED),
    ("an update refused", evidence(says(title="New"), **IMPORTED, trouble=REFUSED), Why.FAILED, REFUSED),
    ("refused, then imported by hand", evidence(**IMPORTED, trouble=REFUSED), Why.UP_TO_DATE, "match 5"),
    ("refused, then held", evidence(says(timezone="?"), trouble=REFUSED), Why.HELD, "time zone field"),
    ("one of many that vanished", evidence(UNKNOWN, **IMPORTED, trouble=REFUSED), Why.FAILED, REFUSED),
    (
        "the number of a match",
        evidence(UNKNOWN, episode_of_match=74611),
        Why.NOT_ON_SPEEDGAMING,
        "sgsync explain 74611",
    ),
]


@pytest.mark.parametrize(
    ("given", "why", "words"), [row[1:] for row in TABLE], ids=[str(row[0]) for row in TABLE]
)
def test_there_is_one_reason(given: Evidence, why: Why, words: str) -> None:
    reason = reason_for(given, PlanOptions(), NOW)
    assert reason.why is why
    assert words in reason.sentence


def test_every_reason_is_in_the_table_or_below() -> None:
    assert set(Why) - {row[2] for row in TABLE} == {Why.NOT_UPDATED}


def test_without_updates_a_known_episode_stays_as_it_is() -> None:
    reason = reason_for(evidence(**IMPORTED), PlanOptions(update=False), NOW)
    assert reason.why is Why.NOT_UPDATED
    assert "SGSYNC_UPDATE" in reason.sentence


class TestPlace:
    ASSIGNMENTS = (Assignment(TOURNAMENT), Assignment(OTHER))

    @pytest.mark.parametrize(
        ("event", "known", "tournament", "is_synced"),
        [
            (LEAGUE, None, TOURNAMENT, True),
            ("other", 1, OTHER, True),  # it moved
            ("nobody", 1, TOURNAMENT, True),
            (None, 2, OTHER, True),
            ("off", None, replace(TOURNAMENT, id=3, slug="off", is_enabled=False), False),
            ("nobody", None, None, False),
        ],
    )
    def test_an_episode_goes_to_its_event_or_stays_where_it_is(
        self, event: str | None, known: int | None, tournament: Tournament | None, is_synced: bool
    ) -> None:
        off = replace(TOURNAMENT, id=3, slug="off", is_enabled=False)
        place = place_of(event, known, self.ASSIGNMENTS, [TOURNAMENT, OTHER, off])
        assert (place.tournament, place.is_synced) == (tournament, is_synced)


class TestCommand:
    def why(self, told: Any) -> str:
        why: str = told.document["why"]
        return why

    def test_before_and_after_the_import(self, scene: Scene, sgsync: Here) -> None:
        before = sgsync("explain", "74611", "--json")
        assert (before.exit_code, self.why(before)) == (0, "waiting for the next run")
        assert [action["action"] for action in before.document["next_run"]][-1] == "create_match"
        scene.import_all()
        after = sgsync("explain", "74611", "--json").document
        assert (after["why"], after["next_run"]) == ("imported and up to date", [])
        assert after["speedgaming"]["episode"]["id"] == 74611
        assert {
            "kind": "player",
            "value": "4211",
            "user_id": after["match"]["people"][0]["user_id"],
        } in after["known"]["aliases"]
        assert [event["kind"] for event in after["history"]] == ["imported"]

    def test_all_sides_are_shown(self, scene: Scene, sgsync: Here) -> None:
        scene.import_all()
        scene.execute('UPDATE "match" SET started_at = now() WHERE speedgaming_episode_id = 74612')
        told = sgsync("explain", "74612")
        for text in (
            "frozen",
            "it has started",
            "corvidlane vs dunyazad",
            "sgsync imported it (active)",
            "sg",
        ):
            assert text in told.stdout

    def test_what_was_left_out(self, scene: Scene, sgsync: Here) -> None:
        scene.episodes.append({"id": 75001, "when": "soon"})
        scene.import_all()
        reasons = {
            each: self.why(sgsync("explain", str(each), "--json")) for each in (74624, 74641, 75001, 7)
        }
        assert reasons == {74624: "no players", 74641: "held", 75001: "malformed", 7: "not on SpeedGaming"}

    def test_what_the_database_refuses_waits_for_no_run(self, scene: Scene, sgsync: Here) -> None:
        scene.execute("ALTER TABLE \"match\" ADD CONSTRAINT harmless CHECK (title <> 'poison')")
        scene.episodes = [make_episode(75000), make_episode(75001, title="poison"), make_episode(75002)]
        scene.import_all()
        told = sgsync("explain", "75001", "--json").document
        assert told["why"] == "failed in the last run"
        assert "harmless" in told["reason"]
        assert self.why(sgsync("explain", "75000", "--json")) == "imported and up to date"

    def test_what_vanished_with_most_others_waits_for_no_run(self, scene: Scene, sgsync: Here) -> None:
        scene.episodes = [make_episode(each) for each in range(75000, 75005)]
        scene.import_all()
        del scene.episodes[1:]
        scene.import_all()
        told = sgsync("explain", "75003", "--json").document
        assert told["why"] == "failed in the last run"
        assert "--accept-vanished" in told["reason"]

    def test_the_number_of_a_match_leads_to_its_episode(self, scene: Scene, sgsync: Here) -> None:
        scene.import_all()
        number = scene.value('SELECT id FROM "match" WHERE speedgaming_episode_id = 74611')
        assert "sgsync explain 74611" in sgsync("explain", str(number)).stdout

    def test_deleted_and_cancelled_ones(self, scene: Scene, sgsync: Here) -> None:
        scene.episodes = [make_episode(75000), make_episode(75001), make_episode(75002)]
        scene.import_all()
        scene.execute('DELETE FROM "match" WHERE speedgaming_episode_id = 75001')
        scene.episodes.pop()
        scene.import_all()
        reasons = [self.why(sgsync("explain", str(each), "--json")) for each in (75000, 75001, 75002)]
        assert reasons == ["imported and up to date", "deleted by an admin", "cancelled"]

    def test_it_writes_nothing(self, scene: Scene, sgsync: Here) -> None:
        scene.import_all()
        before = scene.dump()
        sgsync("explain", "74611")
        assert scene.dump() == before

    def test_speedgaming_is_quoted_once(self, sgsync: Here) -> None:
        told = sgsync("explain", "7").stdout.splitlines()
        assert "SpeedGaming says: Failed to find episode with id 7." in told

    def test_a_match_whose_episode_moved_out_of_reach_is_cancelled(self, scene: Scene, sgsync: Here) -> None:
        scene.episodes = [make_episode(75000), make_episode(75001)]
        scene.import_all()
        scene.episodes[1]["event"] = make_event("new")
        scene.import_all()
        assert self.why(sgsync("explain", "75001", "--json")) == "cancelled"

    def test_a_feed_that_fails_is_told_and_the_rest_is_shown(self, scene: Scene, sgsync: Here) -> None:
        scene.import_all()
        with canned_feed(lambda _: (404, b"")) as url:
            told = sgsync("explain", "74611", SGSYNC_API_URL=url)
        assert told.exit_code == 5
        assert "no answer" in told.stdout
        assert ".." not in told.stdout
        assert "The application has match" in told.stdout
