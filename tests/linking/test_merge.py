"""The merge of a placeholder into a user, in the tables that sgsync knows."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
import sqlalchemy as sa

from sgsync.database.engine import Database
from sgsync.database.merge import Move, merge_placeholder, preview_merge
from sgsync.errors import MergeConflictError
from tests.linking.league import OTHER, PLACEHOLDER, USER, League
from tests.postgres import connect

Merge = Callable[..., dict[str, int]]


@pytest.fixture
def merge(league: League) -> Iterator[Merge]:
    """Merges in a transaction of its own."""
    with Database(league.url) as database:

        def merge(placeholder_id: int = PLACEHOLDER, *, linked: bool = False) -> dict[str, int]:
            with database.exclusive_transaction() as connection:
                return merge_placeholder(connection, placeholder_id, USER, linked=linked)

        yield merge


def test_everything_that_refers_to_the_placeholder_refers_to_the_user(league: League, merge: Merge) -> None:
    league.fill()
    before = league.counts()

    moved = merge()

    assert moved == {
        "audit_logs.user_id": 1,
        "crew.approved_by_id": 1,
        "crew.user_id": 1,
        "matchplayers.user_id": 1,
        "organizationmember.user_id": 1,
        "sgsync.alias.user_id": 2,
        "sgsync.signup.user_id": 1,
        "tournamentplayers.user_id": 1,
    }
    assert league.tables_naming(PLACEHOLDER) == set()
    assert league.counts() == before | {"public.users": before["public.users"] - 1}


def test_the_rows_keep_what_they_say(league: League, merge: Merge) -> None:
    league.fill()

    merge()

    assert league.rows("SELECT finish_rank FROM matchplayers WHERE user_id = %s", USER) == [(2,)]
    assert league.rows("SELECT role, approved, approved_by_id FROM crew WHERE user_id = %s", USER) == [
        ("tracker", True, OTHER)
    ]


def test_an_update_sets_updated_at(league: League, merge: Merge) -> None:
    league.add_player(league.add_match(), updated_at="2020-01-01T00:00:00Z")

    merge()

    assert league.value("SELECT updated_at > '2020-01-02' FROM matchplayers")


def test_a_placeholder_without_rows_just_goes(league: League, merge: Merge) -> None:
    assert merge() == {}
    assert league.tables_naming(PLACEHOLDER) == set()


class TestDoubles:
    """Both stand in one place: the real user's row stays, and keeps what the other knew."""

    def test_a_player_keeps_the_rank_and_the_station(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        league.add_player(match, finish_rank=2, assigned_station="A")
        kept = league.add_player(match, USER)

        assert merge() == {}

        assert league.rows("SELECT id, user_id, finish_rank, assigned_station FROM matchplayers") == [
            (kept, USER, 2, "A")
        ]

    def test_the_users_own_rank_outranks(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        league.add_player(match, finish_rank=2, assigned_station="A")
        league.add_player(match, USER, finish_rank=1)

        merge()

        assert league.rows("SELECT finish_rank, assigned_station FROM matchplayers") == [(1, "A")]

    @pytest.mark.parametrize(("theirs", "ours"), [(True, False), (False, True)])
    def test_an_approval_stays_one(self, league: League, merge: Merge, *, theirs: bool, ours: bool) -> None:
        match = league.add_match()
        league.add_crew(match, approved=theirs, approved_by_id=OTHER if theirs else None)
        kept = league.add_crew(match, USER, approved=ours)

        merge()

        approver = OTHER if theirs else None
        assert league.rows("SELECT id, approved, approved_by_id FROM crew") == [(kept, True, approver)]

    def test_a_row_that_learns_nothing_is_not_touched(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        league.add_player(match)
        league.add_player(match, USER, finish_rank=1, updated_at="2020-01-01T00:00:00Z")

        merge()

        assert league.value("SELECT updated_at = '2020-01-01' FROM matchplayers")

    def test_another_role_is_another_place(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        league.add_crew(match, role="tracker")
        league.add_crew(match, USER, role="commentator")

        assert merge() == {"crew.user_id": 1}

        assert league.rows("SELECT role FROM crew WHERE user_id = %s ORDER BY role", USER) == [
            ("commentator",),
            ("tracker",),
        ]

    def test_one_membership_and_one_registration_are_left(self, league: League, merge: Merge) -> None:
        for someone in (PLACEHOLDER, USER):
            league.execute(
                "INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", someone
            )
            league.execute("INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (1, %s)", someone)

        merge()

        assert league.rows("SELECT user_id FROM organizationmember") == [(USER,)]
        assert league.rows("SELECT user_id FROM tournamentplayers") == [(USER,)]

    def test_signups_are_united(self, league: League, merge: Merge) -> None:
        league.add_episode(74611)
        league.add_signup(74611, feed_ids=(3, 1), approved=True)
        league.add_signup(74611, USER, feed_ids=(2, 1))

        merge()

        assert league.rows("SELECT user_id, feed_ids, approved FROM sgsync.signup") == [
            (USER, [1, 2, 3], True)
        ]

    def test_many_in_one_table_are_resolved_each(self, league: League, merge: Merge) -> None:
        for rank in range(1, 4):
            match = league.add_match()
            league.add_player(match, finish_rank=rank)
            league.add_player(match, USER)
        alone = league.add_match()
        league.add_player(alone, finish_rank=4)

        assert merge() == {"matchplayers.user_id": 1}

        assert league.rows("SELECT match_id, finish_rank, user_id FROM matchplayers ORDER BY 1") == [
            (number, number, USER) for number in range(1, 5)
        ]

    def test_of_several_rows_of_the_user_the_oldest_stays(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        league.add_player(match, finish_rank=3)
        oldest = league.add_player(match, USER)
        league.add_player(match, USER, assigned_station="B")

        merge()

        assert league.rows("SELECT id, finish_rank, assigned_station FROM matchplayers") == [(oldest, 3, "B")]

    def test_of_several_rows_of_the_placeholder_the_oldest_stays(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        oldest = league.add_player(match)
        league.add_player(match, finish_rank=3)

        assert merge() == {"matchplayers.user_id": 1}

        assert league.rows("SELECT id, user_id, finish_rank FROM matchplayers") == [(oldest, USER, 3)]

    def test_others_in_the_same_place_are_left_alone(self, league: League, merge: Merge) -> None:
        match = league.add_match()
        other = league.add_player(match, OTHER)
        league.add_player(match)
        league.add_player(match, USER)

        merge()

        assert league.rows("SELECT id FROM matchplayers WHERE user_id = %s", OTHER) == [(other,)]

    def test_rows_of_a_third_table_follow_to_the_row_that_stays(self, league: League, merge: Merge) -> None:
        league.execute(
            "CREATE TABLE prize (id serial PRIMARY KEY, what text, updated_at timestamptz,"
            " player_id int NOT NULL REFERENCES matchplayers ON DELETE CASCADE)"
        )
        match = league.add_match()
        double = league.add_player(match)
        kept = league.add_player(match, USER)
        league.execute("INSERT INTO prize (what, player_id) VALUES ('a cup', %s)", double)

        assert merge() == {"prize.player_id": 1}

        assert league.rows("SELECT what, player_id, updated_at IS NOT NULL FROM prize") == [
            ("a cup", kept, True)
        ]

    def test_a_third_table_that_allows_one_row_only_forbids_the_merge(
        self, league: League, merge: Merge
    ) -> None:
        league.execute(
            "CREATE TABLE prize (player_id int NOT NULL UNIQUE REFERENCES matchplayers ON DELETE CASCADE)"
        )
        match = league.add_match()
        for player in (league.add_player(match), league.add_player(match, USER)):
            league.execute("INSERT INTO prize VALUES (%s)", player)
        before = league.dump()

        with pytest.raises(MergeConflictError, match=r"public\.prize .*prize_player_id_key"):
            merge()

        assert league.dump() == before


class TestAliases:
    def aliases(self, league: League) -> set[tuple[object, ...]]:
        return set(league.rows("SELECT kind, value, user_id, source FROM sgsync.alias"))

    def test_an_import_moves_them_as_they_are_but_for_names(self, league: League, merge: Merge) -> None:
        league.add_alias("player", "11111")
        league.add_alias("crew_name", "synack")

        merge()

        assert self.aliases(league) == {("player", "11111", USER, "feed")}

    def test_an_admins_link_makes_them_lead_to_the_user(self, league: League, merge: Merge) -> None:
        league.add_alias("player", "11111")
        league.add_alias("tag", "synack")
        league.add_alias("crew_name", "synack")
        league.add_alias("tag", "not the placeholder's", USER)

        merge(linked=True)

        assert self.aliases(league) == {
            ("player", "11111", USER, "admin"),
            ("tag", "synack", USER, "admin"),
            ("tag", "not the placeholder's", USER, "feed"),
        }

    def test_a_placeholder_without_aliases_is_known_by_its_name(self, league: League, merge: Merge) -> None:
        """The application's own importer made such placeholders; the next import would make it anew."""
        merge(linked=True)

        assert self.aliases(league) == {("player", "11111", USER, "admin")}

    def test_what_is_somebody_elses_stays_so(self, league: League, merge: Merge) -> None:
        league.add_alias("player", "11111", OTHER)

        merge(linked=True)

        assert self.aliases(league) == {("player", "11111", OTHER, "feed")}


class TestInTheCallersTransaction:
    def test_a_refusal_leaves_the_transaction_as_it_was(
        self, league: League, connection: sa.Connection
    ) -> None:
        league.execute("CREATE TABLE badge (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE)")
        league.execute("INSERT INTO badge VALUES (%s), (%s)", PLACEHOLDER, USER)
        connection.execute(sa.text("INSERT INTO organization (name) VALUES ('done before')"))

        with pytest.raises(MergeConflictError):
            merge_placeholder(connection, PLACEHOLDER, USER)
        connection.commit()

        assert league.value("SELECT count(*) FROM organization WHERE name = 'done before'") == 1
        assert league.value("SELECT count(*) FROM badge") == 2

    def test_the_settings_are_as_before(self, league: League, connection: sa.Connection) -> None:
        assert league.url
        merge_placeholder(connection, PLACEHOLDER, USER)

        assert connection.scalar(sa.text("SHOW row_security")) == "on"

    def test_nobody_can_refer_to_the_placeholder_meanwhile(
        self, league: League, connection: sa.Connection
    ) -> None:
        merge_placeholder(connection, PLACEHOLDER, USER)

        with connect(league.url) as application:
            application.execute("SET lock_timeout = '10ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                application.execute("INSERT INTO audit_logs (action, user_id) VALUES ('late', 900001)")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                application.execute("CREATE TABLE late (user_id int REFERENCES users)")

    @pytest.mark.parametrize(("placeholder", "user"), [(OTHER, USER), (PLACEHOLDER, PLACEHOLDER), (1, USER)])
    def test_only_a_placeholder_is_merged_and_only_into_a_real_user(
        self, league: League, connection: sa.Connection, placeholder: int, user: int
    ) -> None:
        before = league.dump()

        with pytest.raises(MergeConflictError, match="Nothing was changed"):
            merge_placeholder(connection, placeholder, user)

        connection.commit()
        assert league.dump() == before


def test_the_preview_counts_without_writing(league: League, connection: sa.Connection) -> None:
    match = league.add_match()
    league.add_player(match)
    league.add_player(match, USER)
    league.add_player(league.add_match())
    league.add_crew(match, OTHER, approved_by_id=PLACEHOLDER)
    before = league.dump()

    moves = preview_merge(connection, PLACEHOLDER, USER)

    assert moves == (Move("crew", "approved_by_id", 1, 0), Move("matchplayers", "user_id", 2, 1))
    connection.commit()
    assert league.dump() == before
