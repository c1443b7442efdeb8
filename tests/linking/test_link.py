"""Linking by hand: who is meant, what is refused, and who wins."""

import getpass
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from sgsync.errors import DatabaseUnreachableError, MergeConflictError, UsageError
from sgsync.linking import find_link, link_placeholder
from sgsync.linking.operations import operator
from sgsync.linking.values import Link, LinkState
from tests.linking.league import DISCORD_ID, NEW_DISCORD_ID, OTHER, PLACEHOLDER, USER, League
from tests.postgres import Databases, connect
from tests.scene import wait_until

ADVISORY_LOCK = 0x5367_5379_6E63  # the one that imports take


def link(league: League, who: str = "sg_11111", **target: Any) -> Link:
    return link_placeholder(who, settings=league.settings(), **(target or {"user_id": USER}))


def waiting(connection: psycopg.Connection[Any]) -> list[int]:
    """The sessions of sgsync that wait for a lock."""
    return [
        pid
        for (pid,) in connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'sgsync' AND wait_event_type = 'Lock'"
        )
    ]


def user(league: League, user_id: int) -> tuple[Any, ...]:
    (row,) = league.rows(
        "SELECT discord_id, discord_username, discord_discriminator, is_placeholder FROM users WHERE id = %s",
        user_id,
    )
    return row


class TestMerge:
    @pytest.mark.parametrize("who", ["sg_11111", str(PLACEHOLDER)])
    @pytest.mark.parametrize("target", [{"user_id": USER}, {"discord_id": str(DISCORD_ID)}])
    def test_a_placeholder_becomes_the_user(self, league: League, who: str, target: dict[str, Any]) -> None:
        league.fill()

        linked = link(league, who, **target)

        assert linked.state is LinkState.LINKED
        assert linked.user
        assert linked.user.id == USER
        assert league.tables_naming(PLACEHOLDER) == {"sgsync.link"}

    def test_who_linked_what_and_when_is_on_record(self, league: League) -> None:
        league.fill()

        linked = link(league)

        assert league.rows(
            "SELECT placeholder_id, placeholder_name, user_id, linked_at, linked_by, source, moved"
            " FROM sgsync.link"
        ) == [(PLACEHOLDER, "sg_11111", USER, linked.linked_at, operator(), "admin", linked.moved)]
        assert linked.moved["matchplayers.user_id"] == 1

    def test_a_conflict_changes_nothing(self, league: League) -> None:
        league.fill()
        league.execute("CREATE TABLE badge (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE)")
        league.execute("INSERT INTO badge VALUES (%s), (%s)", PLACEHOLDER, USER)
        before = league.dump()

        with pytest.raises(MergeConflictError, match=r"badge.*badge_pkey") as refusal:
            link(league)

        assert refusal.value.exit_code == 1
        assert league.dump() == before

    def test_a_look_at_it_changes_nothing(self, league: League) -> None:
        league.fill()
        before = league.dump()

        found = find_link("sg_11111", user_id=USER, settings=league.settings())

        assert found.state is LinkState.PLANNED
        assert {f"{move.table}.{move.column}": move.rows for move in found.moves} == link(league).moved
        assert before != league.dump()

    def test_the_look_itself_writes_nothing(self, league: League) -> None:
        league.fill()
        before = league.dump()
        find_link("sg_11111", user_id=USER, settings=league.settings())
        find_link("sg_11111", discord_id=str(NEW_DISCORD_ID), settings=league.settings())
        assert league.dump() == before

    def test_whoever_has_a_discord_id_is_real_whatever_the_flag_says(self, league: League) -> None:
        league.execute("UPDATE users SET is_placeholder = true WHERE id = %s", USER)
        assert link(league).state is LinkState.LINKED

    def test_a_name_that_is_not_needed_is_not_used(
        self, league: League, caplog: pytest.LogCaptureFixture
    ) -> None:
        link(league, discord_id=str(DISCORD_ID), username="somebody else")
        assert user(league, USER)[1] == "synack"
        assert "--username is not used" in caplog.text


class TestUpgrade:
    """With a Discord id that nobody has, the placeholder itself becomes the user."""

    def test_in_place(self, league: League) -> None:
        league.fill()
        before = league.counts()

        linked = link(league, discord_id=str(NEW_DISCORD_ID), username="synack_")

        assert linked.state is LinkState.LINKED
        assert user(league, PLACEHOLDER) == (NEW_DISCORD_ID, "synack_", None, False)
        assert league.value("SELECT updated_at > '2020-01-02' FROM users WHERE id = %s", PLACEHOLDER)
        assert league.counts() == before | {"sgsync.link": 1}

    @pytest.mark.parametrize(
        ("username", "expected"),
        [(None, ("Synack", None)), ("syn#1234", ("syn", "1234")), (" syn\x1b[0m ", ("syn [0m", None))],
    )
    def test_the_name(self, league: League, username: str | None, expected: tuple[str, str | None]) -> None:
        link(league, discord_id=str(NEW_DISCORD_ID), username=username)
        assert user(league, PLACEHOLDER)[1:3] == expected

    def test_without_any_name_it_asks_for_one(self, league: League) -> None:
        league.execute("UPDATE users SET display_name = NULL WHERE is_placeholder")
        with pytest.raises(UsageError, match="--username"):
            link(league, discord_id=str(NEW_DISCORD_ID))

    def test_the_aliases_lead_to_the_person(self, league: League) -> None:
        league.add_alias("tag", "synack")
        league.add_alias("crew_name", "synack")

        link(league, discord_id=str(NEW_DISCORD_ID))

        assert set(league.rows("SELECT kind, value, user_id, source, discord_id FROM sgsync.alias")) == {
            ("tag", "synack", PLACEHOLDER, "admin", NEW_DISCORD_ID),
            ("player", "11111", PLACEHOLDER, "admin", NEW_DISCORD_ID),
        }

    def test_it_is_on_record(self, league: League) -> None:
        link(league, discord_id=str(NEW_DISCORD_ID))
        assert league.rows("SELECT placeholder_id, user_id, source, moved FROM sgsync.link") == [
            (PLACEHOLDER, PLACEHOLDER, "admin", {})
        ]

    def test_somebody_has_the_id_by_now(self, league: League) -> None:
        """The person signs in between the look and the write: a merge into that user."""
        league.fill()
        with connect(league.url) as application, ThreadPoolExecutor() as threads:
            with application.transaction():
                application.execute(
                    "INSERT INTO users (id, discord_id, discord_username) VALUES (700009, %s, 'synack')",
                    [NEW_DISCORD_ID],
                )
                linking = threads.submit(link, league, discord_id=str(NEW_DISCORD_ID))
                with connect(league.url) as observer:
                    wait_until(lambda: waiting(observer) or linking.done())
            linked = linking.result()

        assert linked.user
        assert linked.user.id == 700009
        assert league.tables_naming(PLACEHOLDER) == {"sgsync.link"}


class TestAgain:
    @pytest.mark.parametrize("who", ["sg_11111", str(PLACEHOLDER)])
    @pytest.mark.parametrize("target", [{"user_id": USER}, {"discord_id": str(DISCORD_ID)}])
    def test_to_the_same_user(self, league: League, who: str, target: dict[str, Any]) -> None:
        first = link(league)
        before = league.dump()

        again = link(league, who, **target)

        assert again.state is LinkState.ALREADY_LINKED
        assert "already linked to user 700001" in again.sentence
        assert (again.linked_at, again.linked_by) == (first.linked_at, first.linked_by)
        assert league.dump() == before

    @pytest.mark.parametrize("who", ["sg_11111", str(PLACEHOLDER)])
    @pytest.mark.parametrize("target", [{"user_id": PLACEHOLDER}, {"discord_id": str(NEW_DISCORD_ID)}])
    def test_after_an_upgrade(self, league: League, who: str, target: dict[str, Any]) -> None:
        link(league, discord_id=str(NEW_DISCORD_ID))
        assert link(league, who, **target).state is LinkState.ALREADY_LINKED

    @pytest.mark.parametrize("who", ["sg_11111", str(PLACEHOLDER)])
    @pytest.mark.parametrize("target", [{"user_id": OTHER}, {"discord_id": str(NEW_DISCORD_ID)}])
    def test_to_somebody_else(self, league: League, who: str, target: dict[str, Any]) -> None:
        first = link(league)
        assert first.linked_at
        before = league.dump()

        with pytest.raises(UsageError) as refusal:
            link(league, who, **target)

        sentence = str(refusal.value)
        assert "was linked to user 700001 ('Synack the Real')" in sentence
        assert f"{first.linked_at:%Y-%m-%d %H:%M} UTC by {operator()}" in sentence
        assert league.dump() == before

    def test_when_the_user_is_gone_too(self, league: League) -> None:
        link(league)
        league.execute("DELETE FROM users WHERE id = %s", USER)
        with pytest.raises(UsageError, match=r"was linked to user 700001 \(who is gone\)"):
            link(league, user_id=OTHER)

    def test_a_new_placeholder_of_that_name_is_a_new_matter(self, league: League) -> None:
        link(league)
        league.add_placeholder(900_002)
        assert link(league, user_id=OTHER).state is LinkState.LINKED


@pytest.fixture(scope="module")
def crowd(databases: Databases) -> Iterator[League]:
    """Everybody who cannot be linked. One database for all refusals: they write nothing."""
    crowd = League(databases.create("app", migrated=True))
    crowd.add_placeholder()
    crowd.add_placeholder(900_002, "sg_crew_5", "Crew")
    crowd.add_placeholder(900_003, "sg_7")
    crowd.add_placeholder(900_004, "sg_7")
    crowd.add_placeholder(900_005, "sg_6")
    crowd.add_user(USER, DISCORD_ID, "synack")
    crowd.add_user(OTHER, DISCORD_ID + 1, "other")
    crowd.add_user(700_003, 5, "gone")
    crowd.execute("UPDATE users SET is_active = false WHERE id = 700003")
    crowd.execute("UPDATE users SET discord_id = 6 WHERE id = 900005")
    yield crowd
    crowd.close()
    databases.drop(crowd.url)


class TestRefusals:
    @pytest.mark.parametrize(
        ("who", "target", "sentence"),
        [
            (str(OTHER), {"user_id": USER}, "User 700002 ('other') is not a placeholder"),
            ("other", {"user_id": USER}, "'other' (user 700002) is not a placeholder"),
            ("sg_404", {"user_id": USER}, "There is no placeholder 'sg_404'"),
            ("404", {"user_id": USER}, "There is no user 404"),
            ("9" * 18, {"user_id": USER}, "There is no user 9999"),
            ("9" * 5000, {"user_id": USER}, "There is no placeholder '9999"),
            ("sg_\udcff\x00", {"user_id": USER}, "There is no placeholder 'sg_'"),
            ("", {"user_id": USER}, "There is no placeholder ''"),
            ("sg_11111", {"user_id": PLACEHOLDER}, "is the placeholder itself"),
            ("sg_11111", {"user_id": 900_002}, "User 900002 ('Crew') is a placeholder, too"),
            ("sg_11111", {"user_id": 404}, "There is no user 404"),
            ("sg_11111", {"user_id": 2**70}, "There is no user 1180591620717411303424"),
            ("sg_11111", {"user_id": 700_003}, "User 700003 ('gone') is inactive"),
            ("sg_11111", {"discord_id": "5"}, "User 700003 ('gone') is inactive"),
            ("sg_11111", {"discord_id": "0"}, "'0' is no Discord ID"),
            ("sg_11111", {"discord_id": "-5"}, "'-5' is no Discord ID"),
            ("sg_11111", {"discord_id": str(2**63)}, "is no Discord ID"),
            ("sg_11111", {"discord_id": "1" * 20}, "is no Discord ID"),
            ("sg_11111", {"discord_id": "１２"}, "is no Discord ID"),  # noqa: RUF001 - the point
            ("sg_11111", {"discord_id": "synack"}, "'synack' is no Discord ID"),
            ("sg_11111", {}, "exactly one of"),
            ("sg_11111", {"user_id": USER, "discord_id": str(DISCORD_ID)}, "exactly one of"),
            ("sg_11111", {"user_id": USER, "username": "x"}, "--username"),
            ("sg_11111", {"discord_id": str(DISCORD_ID), "username": " "}, "--username is empty"),
            ("sg_7", {"user_id": USER}, "say which by its id (900003, 900004)"),
            ("sg_6", {"user_id": USER}, "'sg_6' (user 900005) is not a placeholder"),
        ],
    )
    def test_with_a_sentence(self, crowd: League, who: str, target: dict[str, Any], sentence: str) -> None:
        before = crowd.dump()

        for operation in (find_link, link_placeholder):
            with pytest.raises(UsageError) as refusal:
                operation(who, settings=crowd.settings(), **target)
            assert sentence in str(refusal.value)

        assert crowd.dump() == before

    def test_a_real_person_who_calls_himself_like_a_placeholder_is_none(self, league: League) -> None:
        league.add_user(700_004, 7, "sg_11111")

        linked = link(league)

        assert linked.placeholder_id == PLACEHOLDER
        assert user(league, 700_004) == (7, "sg_11111", None, False)


class TestAtTheSameTime:
    def test_of_two_admins_one_wins_and_the_other_is_told(self, league: League) -> None:
        league.fill()
        with connect(league.url) as holder, ThreadPoolExecutor() as threads:
            with holder.transaction():
                holder.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
                admins = [threads.submit(link, league, user_id=target) for target in (USER, OTHER)]
                with connect(league.url) as observer:
                    wait_until(lambda: len(waiting(observer)) == len(admins))
            outcomes = [self.outcome(admin) for admin in admins]

        (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Link)]
        (loser,) = [outcome for outcome in outcomes if isinstance(outcome, UsageError)]
        assert winner.user
        assert f"was linked to user {winner.user.id}" in str(loser)
        assert league.tables_naming(PLACEHOLDER) == {"sgsync.link"}

    def test_two_who_agree_are_both_content(self, league: League) -> None:
        with connect(league.url) as holder, ThreadPoolExecutor() as threads:
            with holder.transaction():
                holder.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
                admins = [threads.submit(link, league) for _ in range(2)]
                with connect(league.url) as observer:
                    wait_until(lambda: len(waiting(observer)) == len(admins))
            states = {admin.result().state for admin in admins}

        assert states == {LinkState.LINKED, LinkState.ALREADY_LINKED}

    def outcome(self, admin: "Future[Link]") -> Link | BaseException:
        return admin.exception() or admin.result()


class TestKilled:
    """A lock on the last table to be moved stops the merge in its middle."""

    def test_the_session(self, league: League) -> None:
        league.fill()
        before = league.dump()
        with (
            connect(league.url) as holder,
            connect(league.url) as observer,
            ThreadPoolExecutor() as threads,
            holder.transaction(),
        ):
            holder.execute("LOCK TABLE tournamentplayers IN SHARE MODE")
            admin = threads.submit(link, league)
            wait_until(lambda: waiting(observer))
            observer.execute("SELECT pg_terminate_backend(%s)", waiting(observer))
            with pytest.raises(DatabaseUnreachableError):
                admin.result()

        assert league.dump() == before

    def test_the_process(self, league: League) -> None:
        league.fill()
        before = league.dump()
        with connect(league.url) as holder, connect(league.url) as observer:
            with holder.transaction():
                holder.execute("LOCK TABLE tournamentplayers IN SHARE MODE")
                admin = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "sgsync",
                        "link-placeholder",
                        "sg_11111",
                        "--user",
                        str(USER),
                        "--yes",
                    ],
                    env=os.environ | {"SGSYNC_DATABASE_URL": league.url},
                    stdout=subprocess.DEVNULL,
                )
                wait_until(lambda: waiting(observer))
                os.kill(admin.pid, signal.SIGKILL)
                admin.wait()
            wait_until(
                lambda: (
                    not observer.execute(
                        "SELECT FROM pg_stat_activity WHERE application_name = 'sgsync'"
                        " AND datname = current_database()"
                    ).fetchall()
                )
            )

        assert league.dump() == before


class TestOperator:
    def test_behind_sudo_it_is_who_called_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUDO_USER", "ann")
        assert operator() == f"ann@{socket.gethostname()}"

    def test_without_a_name_it_is_the_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> str:
            raise KeyError("no such user")

        monkeypatch.delenv("SUDO_USER", raising=False)
        monkeypatch.setattr(getpass, "getuser", fail)
        assert operator() == f"uid {os.getuid()}@{socket.gethostname()}"
