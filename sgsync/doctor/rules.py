"""What the findings mean: from what was read to ok, warn or fail. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sgsync.database.inspection import INSERTED, LockSession, Purpose, Right, Server
from sgsync.database.status import SYNC, RunRecord
from sgsync.database.tables import OPTIONAL_TABLES, SCHEMA, Base
from sgsync.doctor.checks import Check, fail, ok, warn
from sgsync.doctor.configuration import Configuration, Setting
from sgsync.durations import ago, format_duration, from_now
from sgsync.fetch.combined import FeedComparison
from sgsync.fetch.contact import Contact
from sgsync.plan.assignment import Assignment
from sgsync.snapshot.values import Tournament

OLDEST_SERVER = 13
CERTIFICATE_NEEDS = timedelta(days=14)
CLOCK_MAY_DIFFER = timedelta(minutes=1)
CLOCK_MUST_NOT_DIFFER = timedelta(minutes=10)
LOCK_MAY_TAKE = timedelta(minutes=2)

Columns = Mapping[str, Mapping[str, bool]]
"""By table and name: whether a new row must give a value."""


def judge_configuration(configuration: Configuration) -> Iterator[Check]:
    yield from (
        fail("settings files", sentence, "Correct the file.") for sentence in configuration.unreadable
    )
    yield from map(_judge_setting, configuration.values)
    for unknown in configuration.unknown:
        advice = (
            f"Is {unknown.meant} meant?"
            if unknown.meant
            else "Remove it, or look the name up in docs/settings.md."
        )
        yield warn(unknown.name, f"no setting has this name ({unknown.source})", advice)


def _judge_setting(setting: Setting) -> Check:
    if setting.fault:
        return fail(
            setting.name, f"{setting.fault} ({setting.source})", "Correct it; until then, nothing runs."
        )
    return ok(setting.name, f"{setting.shown} ({setting.source})")


def judge_server(server: Server) -> Iterator[Check]:
    where = f"PostgreSQL {server.version}, database {server.database}, as {server.user}"
    if server.is_standby:
        yield fail(
            "database", f"{where}: it is a standby", "Let SGSYNC_DATABASE_URL name the primary server."
        )
    elif server.version_number < OLDEST_SERVER * 10_000:
        yield fail("database", where, f"sgsync needs PostgreSQL {OLDEST_SERVER} or later.")
    else:
        yield ok("database", where)


def judge_revision(revision: str | None, head: str) -> Check:
    if revision == head:
        return ok("migrations", f"revision {revision}")
    if revision is not None and revision > head:
        return fail(
            "migrations", f"revision {revision} is newer than {head}", "Install the newest sgsync here."
        )
    return fail("migrations", f"revision {revision or 'none'}, needed is {head}", "Run `sgsync migrate`.")


def judge_tables(columns: Columns) -> Iterator[Check]:
    """Whether the application's tables still are what sgsync relies on."""
    checks = [*_missing(columns), *_not_filled(columns)]
    yield from checks or [ok("tables", "all tables and columns that sgsync uses are there")]


def _missing(columns: Columns) -> Iterator[Check]:
    for table in Base.metadata.tables.values():
        name, here = str(table.name), columns.get(str(table.name))
        advice = "Run `sgsync migrate`." if table.schema == SCHEMA else _UPDATE
        if here is None and name not in OPTIONAL_TABLES:
            yield fail("tables", f"table {table.fullname} is missing", advice)
        elif here is not None and (missing := [each.name for each in table.columns if each.name not in here]):
            yield fail("tables", f"table {table.fullname} lacks {', '.join(missing)}", advice)


_UPDATE = (
    "Run `sgsync migrate`; if that does not help, the application has changed: install the newest sgsync."
)


def _not_filled(columns: Columns) -> Iterator[Check]:
    for table, given in INSERTED.items():
        for name, must_be_given in columns.get(table, {}).items():
            if must_be_given and name not in given:
                yield fail(
                    "tables",
                    f"column {table}.{name} must be given in every new row, and sgsync does not know it",
                    f'Give it a default: ALTER TABLE "{table}" ALTER "{name}" SET DEFAULT ...',
                )


def judge_optional_tables(columns: Columns) -> Iterator[Check]:
    absences = {
        "audit_logs": "absent: the application shows no sync history",
        "racetime_rooms": "absent: no match is frozen because it has a race room",
    }
    for table, absence in absences.items():
        yield ok(table, "present" if table in columns else absence)


def judge_discord_ids(removals: Mapping[str, str]) -> Check:
    """`removals`: by the indexes that forbid it, what removes each."""
    if not removals:
        return ok("placeholders", "many users may have the Discord id 0")
    return fail(
        "placeholders",
        f"only one user may have the Discord id 0, because of index {', '.join(removals)}",
        "The first `sgsync migrate` replaces it. If a migration of the application has brought it back since:"
        f" {' '.join(removals.values())}",
    )


_UNIQUE_INDEXES = {
    "match.speedgaming_episode_id": 'match_speedgaming_episode_id_key ON "match" (speedgaming_episode_id);',
    "users.discord_id": "users_discord_id_real_key ON users (discord_id) WHERE discord_id <> 0;",
}


def judge_uniqueness(columns: Sequence[str]) -> Iterator[Check]:
    """`columns`: those that should be unique and are not."""
    if not columns:
        yield ok("uniqueness", "each episode has one match, and each Discord id one user")
    for column in columns:
        yield fail(
            "uniqueness",
            f"nothing keeps {column} unique: whoever writes at the same moment as sgsync may double a row",
            f"CREATE UNIQUE INDEX CONCURRENTLY {_UNIQUE_INDEXES[column]}",
        )


def judge_rights(missing: Sequence[Right], sequences: Sequence[str], user: str) -> Iterator[Check]:
    for right in missing:
        finding = f"{user} may not {right.shown}: needed for {right.purpose}"
        advice = f'GRANT {right.shown} TO "{user}";'
        yield (fail if right.purpose in (Purpose.IMPORT, Purpose.DELETING) else warn)(
            "rights", finding, advice
        )
    for sequence in sequences:
        yield fail(
            "rights", f"{user} may not use {sequence}", f'GRANT USAGE ON SEQUENCE {sequence} TO "{user}";'
        )
    if not missing and not sequences:
        yield ok("rights", f"{user} may do everything that sgsync does")


def judge_lock(sessions: Sequence[LockSession], now: datetime) -> Check:
    holder = next((session for session in sessions if session.holds), None)
    if holder is None:
        return ok("lock", "free")
    waiting = sum(not session.holds for session in sessions)
    held = now - holder.began if holder.began else None
    since = f", for {format_duration(held)}" if held else ""
    who = f"process {holder.pid} ({holder.application or 'unnamed'} from {holder.address or 'this machine'})"
    finding = f"held by {who}{since}; {waiting} waiting"
    if held is None or held <= LOCK_MAY_TAKE:
        return ok("lock", finding)
    return warn("lock", finding, f"If it hangs: SELECT pg_terminate_backend({holder.pid});")


def judge_runs(
    last_run: RunRecord | None, last_sync: RunRecord | None, now: datetime, longest: timedelta
) -> Check:
    if last_run is None:
        return warn("cron", "nothing has run yet", "Install the example crontab.")
    if last_sync is None:
        return fail(
            "cron", "no run of import-all has succeeded yet", "Run `sgsync import-all` and see what it says."
        )
    ended = last_sync.finished_at or last_sync.started_at
    finding = f"the last successful import-all ended {ago(ended, now)} on {last_sync.host}"
    if now - ended <= longest:
        return ok("cron", finding)
    if last_run.command == SYNC and now - last_run.started_at <= longest:
        finding += f"; it does run, the last one began {ago(last_run.started_at, now)}: {last_run.outcome}"
        return fail("cron", finding, "`sgsync status` and the other lines here say what its problem is.")
    return fail("cron", finding, "See that cron runs (`crontab -l`, its log), and that the machine is up.")


def judge_tournaments(assignments: Iterable[Assignment]) -> Iterator[Check]:
    """Those that get nothing, whatever SpeedGaming says."""
    assignments = list(assignments)
    if not assignments:
        yield warn("tournaments", "none is synced", "sgsync tournaments enable ID --slug SLUG")
    for assignment in assignments:
        if assignment.problem:
            yield warn("tournaments", assignment.problem, "Give it an event of its own, or disable it.")


def judge_certificate(contact: Contact, now: datetime) -> Check:
    ends = contact.certificate_ends
    if ends is None:
        return ok("certificate", "none: the address is plain http")
    finding = f"ends on {ends:%Y-%m-%d}, {from_now(ends, now)}"
    if ends - now >= CERTIFICATE_NEEDS:
        return ok("certificate", finding)
    return warn("certificate", finding, "SpeedGaming has to renew it; when it ends, imports fail.")


def judge_clock(contact: Contact, now: datetime) -> Check:
    if contact.clock is None:
        return ok("clock", "SpeedGaming does not say what time it is")
    difference = abs(now - contact.clock)
    if difference <= CLOCK_MAY_DIFFER:
        return ok("clock", "agrees with SpeedGaming's")
    finding = f"this machine is {format_duration(difference)} {'ahead of' if now > contact.clock else 'behind'} SpeedGaming"
    advice = "Let NTP set the clock: it decides which episodes are asked for."
    return (fail if difference > CLOCK_MUST_NOT_DIFFER else warn)("clock", finding, advice)


def judge_combined(comparison: FeedComparison, *, in_use: bool) -> Check:
    """Whether SGSYNC_FEED=combined imports the same here; harm only where it is in use."""
    if in_use and not comparison.is_safe:
        return fail("combined feed", comparison.sentence, "Set SGSYNC_FEED=per-event.")
    return ok("combined feed", comparison.sentence)


def judge_event(tournament: Tournament, *, is_known: bool) -> Check:
    name = f"tournament {tournament.id}"
    if is_known:
        return ok(name, f"SpeedGaming knows the event '{tournament.slug}' of '{tournament.name}'")
    return fail(
        name,
        f"SpeedGaming knows no event '{tournament.slug}'",
        f"sgsync tournaments enable {tournament.id} --slug SLUG, as in the address of the event's page.",
    )
