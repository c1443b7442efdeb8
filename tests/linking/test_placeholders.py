"""Who is unlinked, and who may be forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sgsync.database.placeholders import NextMatch
from sgsync.errors import UsageError
from sgsync.placeholders import UnlinkedPerson, list_placeholders, prune
from tests.linking.league import DISCORD_ID, FUTURE, PAST, PLACEHOLDER, USER, League
from tests.linking.test_unknown_tables import STRANGE, build
from tests.postgres import connect
from tests.scene import somebody_waits, wait_until

MONTH = timedelta(days=30)
LATER = datetime(2021, 6, 1, tzinfo=UTC)


def listed(league: League, tournament_id: int | None = None) -> list[UnlinkedPerson]:
    return list(list_placeholders(tournament_id=tournament_id, settings=league.settings()))


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


class TestList:
    def test_what_is_known_of_a_player(self, league: League) -> None:
        league.add_player(league.add_match(scheduled_at=PAST), created_at=LATER)
        upcoming = league.add_match()
        league.add_match()
        league.add_player(upcoming, created_at=PAST)
        league.add_crew(upcoming, created_at=PAST)
        league.add_alias("player", "22222")
        league.add_alias("tag", "synack#1234")

        (person,) = listed(league)

        found = person.placeholder
        assert (found.id, found.username, found.name) == (PLACEHOLDER, "sg_11111", "Synack")
        assert (found.player_ids, found.crew_ids, found.tags) == ((11111, 22222), (), ("synack#1234",))
        assert found.origins == ("player 11111", "player 22222", "tag synack#1234")
        assert (found.first_seen, found.last_seen) == (PAST, LATER)
        assert (found.matches, found.crew_rows) == (2, 1)
        assert found.next_match == NextMatch(upcoming, f"Match {upcoming}", FUTURE)

    def test_the_next_match_is_the_earliest_that_is_to_come(self, league: League) -> None:
        over, late, soon = (
            league.add_match(scheduled_at=moment)
            for moment in (PAST, FUTURE, datetime(2998, 1, 1, tzinfo=UTC))
        )
        for match in (over, late, soon):
            league.add_crew(match)

        (person,) = listed(league)

        assert person.placeholder.next_match
        assert person.placeholder.next_match.id == soon

    def test_the_ids_of_a_volunteer(self, league: League) -> None:
        league.execute("UPDATE users SET discord_username = 'sg_crew_88103' WHERE is_placeholder")
        for episode, feed_ids in ((1, (88104,)), (2, (88106, 88105))):
            league.add_episode(episode)
            league.add_signup(episode, feed_ids=feed_ids, role="tracker")
        (person,) = listed(league)
        assert person.placeholder.crew_ids == (88103, 88104, 88105, 88106)

    def test_somebody_without_rows(self, league: League) -> None:
        (person,) = listed(league)
        found = person.placeholder
        assert (found.matches, found.crew_rows, found.next_match) == (0, 0, None)
        assert found.first_seen == found.last_seen == PAST

    def test_only_those_of_a_tournament(self, league: League) -> None:
        league.execute("INSERT INTO tournament (id, name, organization_id) VALUES (2, 'Other', 1)")
        for user_id in (900_002, 900_003, 900_004):
            league.add_placeholder(user_id, f"sg_{user_id}")
        match = league.add_match(tournament_id=2)
        league.add_player(match, 900_002)
        league.add_crew(match, 900_003)
        league.execute("INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (2, 900004)")
        league.add_player(league.add_match())

        assert [person.placeholder.id for person in listed(league, 2)] == [900_002, 900_003, 900_004]
        assert [person.placeholder.id for person in listed(league, 1)] == [PLACEHOLDER]
        with pytest.raises(UsageError, match="no tournament 3"):
            listed(league, 3)

    def test_who_it_may_be_and_how_to_say_so(self, league: League) -> None:
        league.add_alias("tag", "synack")
        (person,) = listed(league)
        (suggestion,) = person.suggestions
        assert suggestion.user.id == USER
        assert person.command(suggestion) == f"sgsync link-placeholder sg_11111 --user {USER}"

    @pytest.mark.parametrize("username", ["sg_7; rm -rf", "synack"])
    def test_a_name_that_a_shell_or_sgsync_would_misread_gives_way_to_the_id(
        self, league: League, username: str
    ) -> None:
        league.execute("UPDATE users SET discord_username = %s WHERE is_placeholder", username)
        (person,) = listed(league)
        assert person.who == str(PLACEHOLDER)

    def test_a_name_that_two_have_gives_way_to_the_id(self, league: League) -> None:
        league.add_placeholder(900_002)
        assert [person.who for person in listed(league)] == ["900001", "900002"]

    def test_inactive_users_and_placeholders_are_not_suggested(self, league: League) -> None:
        league.add_placeholder(900_002, "synack", "Synack")
        league.add_user(700_003, DISCORD_ID + 5, "synack", "Synack")
        league.execute("UPDATE users SET is_active = false WHERE NOT is_placeholder")
        assert [person.suggestions for person in listed(league)] == [(), ()]

    def test_the_number_of_statements_does_not_depend_on_the_number_of_people(self, league: League) -> None:
        with counted_statements() as few:
            listed(league)
        for number in range(30):
            league.add_placeholder(900_100 + number, f"sg_{number}")
            league.add_alias("tag", f"tag{number}", 900_100 + number)
        with counted_statements() as many:
            assert len(listed(league)) == 31
        assert len(many) == len(few) <= 8

    def test_as_json(self, league: League) -> None:
        league.add_alias("tag", "synack")
        match = league.add_match()
        league.add_player(match, created_at=LATER)
        (person,) = listed(league)
        assert person.as_json() == {
            "id": PLACEHOLDER,
            "username": "sg_11111",
            "name": "Synack",
            "player_ids": [11111],
            "crew_ids": [],
            "tags": ["synack"],
            "first_seen": PAST.isoformat(),
            "last_seen": LATER.isoformat(),
            "matches": 1,
            "crew_rows": 0,
            "next_match": {"id": match, "title": f"Match {match}", "scheduled_at": FUTURE.isoformat()},
            "suggestions": [
                {
                    "user_id": USER,
                    "name": "Synack the Real",
                    "reasons": ["tag equals Discord user name"],
                    "command": f"sgsync link-placeholder sg_11111 --user {USER}",
                }
            ],
        }


class TestPrune:
    def pruned(self, league: League, older_than: timedelta = MONTH, **flags: Any) -> list[int]:
        return [each.id for each in prune(older_than, settings=league.settings(), **flags)]

    def test_what_nothing_refers_to_goes(self, league: League) -> None:
        before = league.counts()

        assert self.pruned(league) == [PLACEHOLDER]

        assert league.counts() == before | {"public.users": before["public.users"] - 1}

    def test_real_users_stay_whatever_their_age(self, league: League) -> None:
        league.execute("UPDATE users SET created_at = %s", PAST)
        league.add_placeholder(900_005, "sg_6")
        league.execute("UPDATE users SET discord_id = 6 WHERE id = 900005")

        self.pruned(league)

        assert league.rows("SELECT id FROM users ORDER BY id") == [(USER,), (700_002,), (900_005,)]

    def test_the_young_stay(self, league: League) -> None:
        league.execute("UPDATE users SET created_at = now() WHERE is_placeholder")
        assert self.pruned(league) == []
        assert self.pruned(league, timedelta(0)) == [PLACEHOLDER]

    def test_a_dry_run_writes_nothing(self, league: League) -> None:
        before = league.dump()
        assert self.pruned(league, dry_run=True) == [PLACEHOLDER]
        assert league.dump() == before

    @pytest.mark.parametrize(
        "row",
        [
            "INSERT INTO organizationmember (organization_id, user_id) VALUES (1, {user})",
            "INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (1, {user})",
            "INSERT INTO audit_logs (action, user_id) VALUES ('x', {user})",
            "INSERT INTO crew (match_id, role, user_id, approved_by_id) VALUES (1, 'tracker', 700001, {user})",
            "INSERT INTO matchplayers (match_id, user_id) VALUES (1, {user})",
        ],
    )
    def test_what_the_application_refers_to_stays(self, league: League, row: str) -> None:
        league.add_match()
        league.execute(row.format(user=PLACEHOLDER))
        before = league.dump()

        assert self.pruned(league) == self.pruned(league, dry_run=True) == []

        assert league.dump() == before

    @pytest.mark.parametrize("kind", ["another schema", "a self reference", "two columns"])
    def test_what_any_table_refers_to_stays(self, league: League, kind: str) -> None:
        build(league, STRANGE[kind], PLACEHOLDER)
        for table in ("matchplayers", "crew", "organizationmember", "tournamentplayers", "audit_logs"):
            league.execute(f"DELETE FROM {table}")
        league.execute("DELETE FROM sgsync.signup")
        assert self.pruned(league) == []

    def test_those_with_nothing_but_memberships_go_on_request(self, league: League) -> None:
        league.execute(
            "INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", PLACEHOLDER
        )
        league.execute("INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (1, %s)", PLACEHOLDER)
        assert self.pruned(league, with_members=True) == [PLACEHOLDER]
        assert league.tables_naming(PLACEHOLDER) == set()

    def test_sgsyncs_own_memory_keeps_nobody(self, league: League) -> None:
        league.add_alias("player", "11111")
        league.add_episode(1, scheduled_at=PAST)
        league.add_signup(1)
        assert self.pruned(league) == [PLACEHOLDER]
        assert league.tables_naming(PLACEHOLDER) == set()

    def test_a_signup_that_is_still_to_come_does(self, league: League) -> None:
        """An admin took him out of the roster; without the sign-up the next import would put him back."""
        league.add_episode(1)
        league.add_signup(1)
        assert self.pruned(league) == []

    def test_a_time_before_all_times_is_refused(self, league: League) -> None:
        with pytest.raises(UsageError, match="calendar"):
            self.pruned(league, timedelta.max)

    def test_a_row_that_is_written_at_this_moment_stays(self, league: League) -> None:
        with connect(league.url) as application, ThreadPoolExecutor() as threads:
            with application.transaction():
                application.execute("INSERT INTO audit_logs (action, user_id) VALUES ('x', 900001)")
                pruning = threads.submit(self.pruned, league)
                wait_until(lambda: somebody_waits(league.connection))
            assert pruning.result() == []

        assert league.tables_naming(PLACEHOLDER) == {"public.users", "public.audit_logs"}
