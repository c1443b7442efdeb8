"""`sgsync doctor`: what an import needs is looked at one by one, and half of it may be broken."""

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest

from sgsync.database import inspection
from sgsync.database.engine import Database
from sgsync.database.inspection import LockSession, Server
from sgsync.database.status import RunRecord
from sgsync.doctor import operations, rules
from sgsync.doctor.checks import Check, State
from sgsync.doctor.configuration import Configuration, Setting, read_configuration
from sgsync.doctor.operations import examine
from sgsync.fetch.combined import FeedComparison
from sgsync.fetch.contact import Contact, read_contact
from sgsync.settings import FeedSettings, load_settings
from tests.feed_json import make_episode, make_player
from tests.operating.conftest import Here
from tests.postgres import MakeDatabase, connect
from tests.scene import Scene, canned_feed, hanging_feed, sample, unused_url

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CANARY = "canary-7f3a"
CERTIFICATE = Path(__file__).parent / "loopback.pem"


def states(checks: Sequence[Check], name: str) -> list[State]:
    return [check.state for check in checks if check.name == name]


def found(checks: Sequence[Check], name: str, state: State) -> Check:
    """The one check of this name that came out like this."""
    (check,) = (check for check in checks if (check.name, check.state) == (name, state))
    return check


class TestConfiguration:
    """Where each value came from. `bare` keeps the surroundings out."""

    @pytest.fixture(autouse=True)
    def folder(self, bare: Here, tmp_path: Path) -> Path:
        assert bare
        return tmp_path

    def setting(self, name: str) -> Setting:
        return next(each for each in read_configuration().values if each.name == name)

    def test_each_place_outranks_the_next(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        name = "SGSYNC_WINDOW_PAST"
        assert (self.setting(name).shown, self.setting(name).source) == ("2h", "default")
        (folder / "sgsync.toml").write_text('window_past = "3h"')
        assert (self.setting(name).shown, self.setting(name).source) == ("3h", "sgsync.toml")
        (folder / ".env").write_text(f"{name}=4h\n")
        assert (self.setting(name).shown, self.setting(name).source) == ("4h", ".env")
        monkeypatch.setenv(name, "5h")
        assert (self.setting(name).shown, self.setting(name).source) == ("5h", "environment")

    @pytest.mark.parametrize(
        ("file", "text", "name", "meant"),
        [
            (".env", "SGSYNC_DATABSE_URL=x", "SGSYNC_DATABSE_URL", "SGSYNC_DATABASE_URL"),
            ("sgsync.toml", "widow_past = 1", "widow_past", "window_past"),
            ("sgsync.toml", "SGSYNC_API_URL = 1", "SGSYNC_API_URL", "api_url"),
            (".env", "SGSYNC_ZZZZ=x", "SGSYNC_ZZZZ", None),
        ],
    )
    def test_a_misspelt_name_is_told_with_the_one_that_was_meant(
        self, folder: Path, file: str, text: str, name: str, meant: str | None
    ) -> None:
        (folder / file).write_text(text)
        (unknown,) = read_configuration().unknown
        assert (unknown.name, unknown.source, unknown.meant) == (name, file, meant)

    def test_the_settings_of_the_application_beside_ours_are_none_of_our_business(self, folder: Path) -> None:
        (folder / ".env").write_text("DISCORD_TOKEN=x\nDATABASE_URL=y\n")
        assert read_configuration().unknown == ()

    def test_secrets_are_never_shown(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SGSYNC_API_URL", f"https://somebody:{CANARY}@speedgaming.org/api?key={CANARY}")
        for url in (
            f"postgresql://somebody:{CANARY}@host/name?password={CANARY}&sslmode=require",
            f"mysql://somebody:{CANARY}@host/name",
            f"postgresql://somebody:{CANARY}@half@host/name",
        ):
            monkeypatch.setenv("SGSYNC_DATABASE_URL", url)
            assert CANARY not in repr(read_configuration().values)
        (folder / "url").write_text(f"postgresql://somebody:{CANARY}@host/name")
        monkeypatch.delenv("SGSYNC_DATABASE_URL")
        monkeypatch.setenv("SGSYNC_DATABASE_URL_FILE", str(folder / "url"))
        url = self.setting("SGSYNC_DATABASE_URL").shown
        assert url == "postgresql://somebody:***@host/name"
        assert self.setting("SGSYNC_DATABASE_URL").source == "SGSYNC_DATABASE_URL_FILE"

    def test_one_fault_leaves_the_rest_usable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SGSYNC_DATABASE_URL", "postgresql://host/name")
        monkeypatch.setenv("SGSYNC_DEADLINE", "soon")
        configuration = read_configuration()
        assert self.setting("SGSYNC_DEADLINE").fault
        assert configuration.database
        assert configuration.database.deadline == timedelta(minutes=4)

    def test_without_an_address_of_the_database_the_other_values_are_those_in_force(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SGSYNC_ON_CANCEL", "delete")
        (folder / ".env").write_text("SGSYNC_WINDOW_PAST=4h\n")
        for url in ("", "mysql://host/name"):
            monkeypatch.setenv("SGSYNC_DATABASE_URL", url)
            on_cancel, window, address = map(
                self.setting, ("SGSYNC_ON_CANCEL", "SGSYNC_WINDOW_PAST", "SGSYNC_DATABASE_URL")
            )
            assert (on_cancel.shown, on_cancel.source) == ("delete", "environment")
            assert (window.shown, window.source) == ("4h", ".env")
            assert (address.shown, bool(address.fault)) == ("", True)
            assert read_configuration().database is None

    def test_what_the_tests_read_is_no_misspelt_setting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("DATABASE_URL", "EFFORT", "SEED"):
            monkeypatch.setenv(f"SGSYNC_TEST_{name}", "1")
        assert read_configuration().unknown == ()

    def test_a_name_like_no_setting_is_told_with_the_page_of_all_settings(self, folder: Path) -> None:
        (folder / ".env").write_text("SGSYNC_ZZZZ=x\n")
        checks = rules.judge_configuration(read_configuration())
        assert "docs/settings.md" in (found([*checks], "SGSYNC_ZZZZ", State.WARN).advice or "")

    @pytest.mark.parametrize("text", ["window_past = = 1", "\x00", 'api_url = "\xff"'])
    def test_a_broken_file_is_one_fault_among_others(self, folder: Path, text: str) -> None:
        (folder / "sgsync.toml").write_bytes(text.encode("latin-1"))
        checks = [*rules.judge_configuration(read_configuration())]
        assert states(checks, "settings files") == [State.FAIL]
        assert states(checks, "SGSYNC_DATABASE_URL") == [State.FAIL]
        assert states(checks, "SGSYNC_WINDOW_PAST") == [State.OK]

    def test_nothing_is_lost_without_any_setting(self) -> None:
        configuration: Configuration = read_configuration()
        assert (configuration.database, configuration.feed is None) == (None, False)


class TestCombinedFeed:
    UNSAFE = FeedComparison(same=("alttprleague",), different=("sglive26",))

    def test_one_that_says_something_else_is_a_failure_where_it_is_in_use(self) -> None:
        check = rules.judge_combined(self.UNSAFE, in_use=True)
        assert (check.state, check.advice) == (State.FAIL, "Set SGSYNC_FEED=per-event.")

    def test_one_that_says_the_same_saves_requests(self) -> None:
        same = FeedComparison(same=("alttprleague", "sglive26"))
        assert "1 request a run instead of 2." in rules.judge_combined(same, in_use=False).finding

    def test_and_only_told_where_it_is_not(self) -> None:
        check = rules.judge_combined(self.UNSAFE, in_use=False)
        assert (check.state, "sglive26" in check.finding) == (State.OK, True)


def run(age: timedelta, outcome: str = "ok") -> RunRecord:
    return RunRecord(1, "import-all", NOW - age, NOW - age, outcome, "here")


def server(number: int, *, is_standby: bool = False) -> Server:
    return Server("x", number, "app", "somebody", is_standby, NOW)


class TestRules:
    @pytest.mark.parametrize(
        ("check", "state"),
        [
            (next(rules.judge_server(server(130001))), State.OK),
            (next(rules.judge_server(server(120015))), State.FAIL),
            (next(rules.judge_server(server(180006, is_standby=True))), State.FAIL),
            (rules.judge_revision("0003", "0003"), State.OK),
            (rules.judge_revision(None, "0003"), State.FAIL),
            (rules.judge_revision("0002", "0003"), State.FAIL),
            (rules.judge_revision("0004", "0003"), State.FAIL),
            (rules.judge_certificate(Contact(None, NOW + timedelta(days=60)), NOW), State.OK),
            (rules.judge_certificate(Contact(None, NOW + timedelta(days=3)), NOW), State.WARN),
            (rules.judge_certificate(Contact(None, None), NOW), State.OK),
            (rules.judge_clock(Contact(NOW + timedelta(seconds=20), None), NOW), State.OK),
            (rules.judge_clock(Contact(NOW - 5 * MINUTE, None), NOW), State.WARN),
            (rules.judge_clock(Contact(NOW + 30 * MINUTE, None), NOW), State.FAIL),
            (rules.judge_clock(Contact(None, None), NOW), State.OK),
            (rules.judge_runs(None, None, NOW, 15 * MINUTE), State.WARN),
            (rules.judge_runs(run(MINUTE, "failed"), None, NOW, 15 * MINUTE), State.FAIL),
            (rules.judge_runs(run(MINUTE), run(MINUTE), NOW, 15 * MINUTE), State.OK),
            (rules.judge_runs(run(MINUTE), run(60 * MINUTE), NOW, 15 * MINUTE), State.FAIL),
            (rules.judge_lock([], NOW), State.OK),
            (rules.judge_lock([LockSession(7, "sgsync", None, NOW - MINUTE, True)], NOW), State.OK),
            (rules.judge_lock([LockSession(7, "sgsync", None, NOW - 9 * MINUTE, True)], NOW), State.WARN),
            (rules.judge_lock([LockSession(7, None, None, None, True)], NOW), State.OK),
        ],
    )
    def test_a_finding_is_as_bad_as_it_is(self, check: Check, state: State) -> None:
        assert check.state is state
        assert check.advice or state is State.OK

    def test_runs_that_fail_are_not_put_down_to_cron(self) -> None:
        check = rules.judge_runs(run(MINUTE, "unreachable"), run(60 * MINUTE), NOW, 15 * MINUTE)
        assert "unreachable" in check.finding
        assert "crontab" not in (check.advice or "")
        by_hand = replace(run(MINUTE, "unreachable"), command="import")
        check = rules.judge_runs(by_hand, run(60 * MINUTE), NOW, 15 * MINUTE)
        assert "crontab" in (check.advice or "")

    def test_the_server_tells_its_time_and_its_certificate(self) -> None:
        contact = read_contact("Wed, 25 Nov 2026 12:00:00 GMT", {"notAfter": "Dec 25 12:00:00 2026 GMT"})
        assert contact == Contact(NOW, datetime(2026, 12, 25, 12, tzinfo=UTC))

    @pytest.mark.parametrize("date", ["", "soon", "Wed, 99 Nov 2026 12:00:00 GMT"])
    def test_a_server_without_a_usable_clock_has_none(self, date: str) -> None:
        assert read_contact(date, None) == Contact(None, None)


class TestDatabase:
    @pytest.fixture(autouse=True)
    def surroundings(self, sgsync: Here) -> None:
        """The settings of the scene."""

    def test_all_is_well_after_an_import(self, scene: Scene) -> None:
        scene.import_all()
        bad = [check for check in examine() if check.state is not State.OK]
        assert bad == []

    def test_it_writes_nothing(self, scene: Scene) -> None:
        before = scene.dump()
        examine()
        assert scene.dump() == before

    def test_a_missing_column_is_named(self, scene: Scene) -> None:
        scene.execute('ALTER TABLE "match" RENAME confirmed_at TO was_confirmed_at')
        assert found(examine(), "tables", State.FAIL).finding == "table match lacks confirmed_at"

    def test_a_missing_table_is_named(self, scene: Scene) -> None:
        scene.execute("DROP TABLE crew")
        assert found(examine(), "tables", State.FAIL).finding == "table crew is missing"

    def test_a_new_column_that_must_be_given_is_named(self, scene: Scene) -> None:
        scene.execute("ALTER TABLE crew ADD shirt_size text NOT NULL")
        scene.execute("ALTER TABLE crew ADD shoe_size int NOT NULL DEFAULT 42")
        check = found(examine(), "tables", State.FAIL)
        assert "crew.shirt_size" in check.finding
        assert "SET DEFAULT" in (check.advice or "")

    def test_what_an_older_application_lacks_is_no_fault(self, scene: Scene) -> None:
        scene.execute("DROP TABLE audit_logs, racetime_rooms")
        checks = examine()
        assert states(checks, "tables") == [State.OK]
        assert found(checks, "audit_logs", State.OK).finding.startswith("absent")

    def test_a_discord_id_that_must_be_unique_again_is_told(self, scene: Scene) -> None:
        scene.execute("CREATE UNIQUE INDEX users_discord_id_again ON users (discord_id)")
        check = found(examine(), "placeholders", State.FAIL)
        assert "users_discord_id_again" in check.finding
        assert "DROP INDEX users_discord_id_again" in (check.advice or "")

    @pytest.mark.parametrize(
        ("index", "column"),
        [
            ("users_discord_id_real_key", "users.discord_id"),
            ("match_speedgaming_episode_id_key", "match.speedgaming_episode_id"),
        ],
    )
    def test_what_is_unique_no_more_is_told_with_the_index_that_makes_it_so(
        self, scene: Scene, index: str, column: str
    ) -> None:
        assert states(examine(), "uniqueness") == [State.OK]
        constraint = scene.value("SELECT count(*) FROM pg_constraint WHERE conname = %s", index)
        scene.execute(
            f'ALTER TABLE "{column.partition(".")[0]}" DROP CONSTRAINT {index}'
            if constraint
            else f"DROP INDEX {index}"
        )
        check = found(examine(), "uniqueness", State.FAIL)
        assert column in check.finding
        scene.execute(
            (check.advice or "").partition("CREATE")[2].join(("CREATE", "")).replace("CONCURRENTLY", "")
        )
        assert states(examine(), "uniqueness") == [State.OK]

    def test_whoever_holds_the_lock_is_named(self, scene: Scene) -> None:
        with Database(scene.url) as database, database.exclusive_transaction() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            assert f"process {pid} (sgsync" in found(examine(), "lock", State.OK).finding

    def test_tournaments_that_get_nothing_and_unknown_events_are_told(self, scene: Scene) -> None:
        scene.add_tournament(None)
        scene.add_tournament("nobody-knows-this")
        checks = examine()
        assert "no event slug" in found(checks, "tournaments", State.WARN).finding
        assert "nobody-knows-this" in found(checks, "tournament 3", State.FAIL).finding
        assert states(checks, "tournament 1") == [State.OK]

    def test_a_combined_feed_that_says_the_same_is_called_safe(self, scene: Scene) -> None:
        scene.add_tournament("sglive26")
        scene.episodes = sample("schedule_alttprleague") + sample("schedule_sglive")
        assert "SGSYNC_FEED=combined is safe here" in found(examine(), "combined feed", State.OK).finding

    def test_an_unmigrated_database_is_told_and_the_rest_looked_at(
        self, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = make_database(migrated=False).replace("+psycopg", "", 1)
        monkeypatch.setenv("SGSYNC_DATABASE_URL", url)
        checks = examine()
        assert found(checks, "migrations", State.FAIL).advice == "Run `sgsync migrate`."
        assert states(checks, "database") == states(checks, "lock") == states(checks, "feed") == [State.OK]
        assert "table sgsync.run is missing" in [check.finding for check in checks]


@pytest.fixture
def role(scene: Scene) -> Iterator[str]:
    """Somebody who may connect and nothing else."""
    name = f"importer_{uuid4().hex}"
    scene.execute(f"CREATE ROLE {name} LOGIN")
    scene.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    scene.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
    yield name
    scene.execute(f"DROP OWNED BY {name}")
    scene.execute(f"DROP ROLE {name}")


class TestRights:
    def missing(self, scene: Scene, role: str) -> list[Check]:
        with Database(unused_url(scene.url, username=role)) as database, database.transaction() as connection:
            return [
                *rules.judge_rights(
                    inspection.missing_rights(connection), inspection.unusable_sequences(connection), role
                )
            ]

    def test_each_missing_one_is_told_with_the_grant(self, scene: Scene, role: str) -> None:
        checks = self.missing(scene, role)
        assert State.OK not in {check.state for check in checks}
        advice = [check.advice for check in checks]
        assert f'GRANT DELETE on crew TO "{role}";' in advice
        assert f'GRANT USAGE ON SEQUENCE users_id_seq TO "{role}";' in advice

    def test_what_is_only_needed_for_other_commands_is_a_warning(self, scene: Scene, role: str) -> None:
        self.grant_all_that_is_advised(scene, role)
        scene.execute(f"REVOKE UPDATE ON tournament FROM {role}")
        scene.execute(f"GRANT UPDATE (updated_at) ON tournament TO {role}")
        (check,) = self.missing(scene, role)
        assert check.state is State.WARN
        assert "tournaments enable" in check.finding

    def test_the_right_to_delete_matches_is_needed_by_whoever_sets_that(
        self, scene: Scene, role: str, sgsync: Here, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.grant_all_that_is_advised(scene, role)
        url = unused_url(scene.url, username=role).replace("+psycopg", "", 1)
        monkeypatch.setenv("SGSYNC_DATABASE_URL", url)
        assert states(examine(), "rights") == [State.OK]
        told = sgsync("doctor", "--quiet", SGSYNC_ON_CANCEL="delete")
        assert "may not DELETE on match: needed for SGSYNC_ON_CANCEL=delete" in told.stdout

    def test_the_advised_grants_are_enough_to_import_and_to_merge(self, scene: Scene, role: str) -> None:
        self.grant_all_that_is_advised(scene, role)
        url = unused_url(scene.url, username=role)
        scene.episodes = [make_episode(75000, make_player(5, "Corvid", discordId="")), *scene.episodes]
        assert scene.import_all(database_url=url).exit_code == 0
        scene.add_user(5005, "Corvid")
        scene.episodes[0] = make_episode(75000, make_player(5, "Corvid", discordId="5005"), title="Moved")
        assert scene.import_all(database_url=url).exit_code == 0
        assert scene.players_of(75000) == {"corvid"}

    def grant_all_that_is_advised(self, scene: Scene, role: str) -> None:
        scene.execute(
            f"GRANT USAGE ON SCHEMA sgsync TO {role}; GRANT SELECT ON sgsync.alembic_version TO {role}"
        )
        for check in self.missing(scene, role):
            assert check.advice is not None
            scene.execute(check.advice)
        assert [check.state for check in self.missing(scene, role)] == [State.OK]


@contextmanager
def secure_feed() -> Iterator[str]:
    """A feed behind a certificate that ends in a hundred years."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class TestFeed:
    @pytest.fixture(autouse=True)
    def surroundings(self, bare: Here) -> None:
        """No setting but those of the test."""

    def test_the_certificate_is_that_of_the_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        with secure_feed() as url:
            monkeypatch.setenv("SGSYNC_API_URL", url)
            checks = examine()
        assert states(checks, "feed") == [State.OK]
        assert found(checks, "certificate", State.OK).finding.startswith("ends on 21")

    def test_one_that_nobody_trusts_is_a_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with secure_feed() as url:
            monkeypatch.setenv("SGSYNC_API_URL", url)
            monkeypatch.setenv("SGSYNC_DEADLINE", "1s")
            assert "certificate" in found(examine(), "feed", State.FAIL).finding

    def test_one_that_hangs_is_not_put_down_to_the_time_that_imports_have(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(operations, "PATIENCE", timedelta(seconds=0.2))
        monkeypatch.setenv("SGSYNC_REQUEST_INTERVAL", "0s")
        with hanging_feed() as (url, _):
            monkeypatch.setenv("SGSYNC_API_URL", url)
            check = found(examine(), "feed", State.FAIL)
        assert "did not answer" in check.finding
        assert "SGSYNC_DEADLINE" not in check.finding

    def test_the_pauses_between_many_questions_do_not_count_as_slowness(self) -> None:
        settings = load_settings(FeedSettings)
        assert operations.patience(settings, 0) - 2 * settings.request_interval == operations.PATIENCE
        assert operations.patience(settings, 30) - 62 * settings.request_interval == operations.PATIENCE

    def test_a_feed_that_fails_still_tells_the_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with canned_feed(lambda _: (404, b"")) as url:
            monkeypatch.setenv("SGSYNC_API_URL", url)
            checks = examine()
        assert (states(checks, "feed"), states(checks, "clock")) == ([State.FAIL], [State.OK])


class TestCommand:
    def test_half_broken_it_goes_on_and_keeps_secrets(self, bare: Here) -> None:
        told = bare(
            "doctor",
            "--json",
            SGSYNC_DATABASE_URL=f"postgresql://somebody:{CANARY}@127.0.0.1:9/app",
            SGSYNC_API_URL=f"http://somebody:{CANARY}@127.0.0.1:9/api",
            SGSYNC_WINDOW_PAST="soon",
            SGSYNC_DEADLINE="1s",
        )
        names = [check["check"] for check in told.document["checks"] if check["state"] == "fail"]
        assert (told.exit_code, names) == (1, ["SGSYNC_WINDOW_PAST", "database", "feed"])
        assert CANARY not in told.stdout + told.stderr

    def test_without_any_setting_it_says_what_is_missing(self, bare: Here) -> None:
        told = bare("doctor", "--quiet", SGSYNC_API_URL="http://127.0.0.1:9/api", SGSYNC_DEADLINE="1s")
        assert told.exit_code == 1
        assert "SGSYNC_DATABASE_URL" in told.stdout
        assert all(line.split()[0] in {"warn", "fail", "Check"} for line in told.stdout.splitlines())

    def test_nothing_is_printed_quietly_when_all_is_well(self, scene: Scene, sgsync: Here) -> None:
        scene.import_all()
        told = sgsync("doctor", "--quiet")
        assert (told.exit_code, told.stdout, told.stderr) == (0, "", "")

    def test_one_line_says_what_and_what_to_do(self, scene: Scene, sgsync: Here) -> None:
        with connect(scene.url) as connection:
            connection.execute("UPDATE sgsync.alembic_version SET version_num = '0001'")
        told = sgsync("doctor")
        (line,) = (line for line in told.stdout.splitlines() if "migrations" in line)
        assert line.startswith("fail")
        assert "revision 0001" in line
        assert "-> Run `sgsync migrate`." in line
