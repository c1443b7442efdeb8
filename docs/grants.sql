-- The rights that sgsync needs, and no others.
--
-- Two roles:
--
--   * whoever owns the application's tables runs `sgsync migrate`, and this file afterwards. Adding a column,
--     building an index and adding a foreign key are the owner's privilege in Postgres, and the schema `sgsync`
--     needs CREATE on the database. It is used seldom, by hand.
--   * sgsync_import, made here beforehand by an administrator, runs everything else, under cron:
--
--         CREATE ROLE sgsync_import LOGIN PASSWORD '...';
--
-- Run it again after each `sgsync migrate` and each update of the application: it also looks into the catalog,
-- and grants what new tables need. Running it twice is harmless. With psql:
--
--         psql --set ON_ERROR_STOP=1 --file docs/grants.sql DATABASE
--
-- tests/faults/test_grants.py runs every command under exactly these rights.

GRANT USAGE ON SCHEMA public TO sgsync_import;

-- Who is who. Upgrading a placeholder sets its Discord id and name. E-mail addresses, permissions and the rest
-- of a user's columns are neither read nor written.
GRANT SELECT (id, discord_id, discord_username, discord_discriminator, display_name, twitch_name, is_active,
              is_placeholder, created_at, updated_at) ON users TO sgsync_import;
GRANT INSERT (discord_id, discord_username, discord_discriminator, display_name, is_placeholder) ON users
  TO sgsync_import;
GRANT UPDATE (discord_id, discord_username, discord_discriminator, is_placeholder, updated_at) ON users
  TO sgsync_import;

-- Merging a placeholder into the real user ends with deleting it, and imports merge by themselves as soon as
-- SpeedGaming tells a Discord id (`placeholders prune` deletes as well). Postgres cannot grant DELETE for some
-- rows only. Without this right a tournament in which somebody must be merged fails as a whole, with a sentence
-- that says so, and nothing of it is changed.
GRANT DELETE ON users TO sgsync_import;

-- Belonging. Each row is made once; in a merge it follows to the real user, or gives way to his own.
GRANT SELECT (id, name) ON organization TO sgsync_import;
GRANT SELECT (id, organization_id, user_id), INSERT (organization_id, user_id), UPDATE (user_id, updated_at), DELETE
  ON organizationmember TO sgsync_import;
GRANT SELECT (id, tournament_id, user_id), INSERT (tournament_id, user_id), UPDATE (user_id, updated_at), DELETE
  ON tournamentplayers TO sgsync_import;

-- Which tournaments are synced. The two settings are written by `tournaments enable` and `disable` alone.
GRANT SELECT (id, name, organization_id, is_active, racetime_auto_create_rooms, speedgaming_enabled,
              speedgaming_event_slug, updated_at),
      UPDATE (speedgaming_enabled, speedgaming_event_slug, updated_at) ON tournament TO sgsync_import;

-- Channels are made, never changed.
GRANT SELECT (id, name, stream_url, organization_id), INSERT (name, stream_url, organization_id)
  ON streamchannel TO sgsync_import;

-- Never written, but Postgres asks for the right to, before it keeps a row from being deleted meanwhile.
GRANT UPDATE (updated_at) ON organization, streamchannel TO sgsync_import;

-- Matches. finished_at is written where SGSYNC_AUTO_FINISH is set; the other states belong to race events.
GRANT SELECT (id, tournament_id, scheduled_at, checked_in_at, started_at, finished_at, confirmed_at, title, comment,
              racetime_auto_create, stream_channel_id, speedgaming_episode_id, updated_at),
      INSERT (tournament_id, scheduled_at, title, comment, racetime_auto_create, stream_channel_id,
              speedgaming_episode_id),
      UPDATE (tournament_id, scheduled_at, title, stream_channel_id, racetime_auto_create, finished_at, updated_at)
  ON "match" TO sgsync_import;

-- Only with SGSYNC_ON_CANCEL=delete, which is not the default:
-- GRANT DELETE ON "match" TO sgsync_import;

-- Rosters and crew. A row is deleted when somebody leaves, and when both rows of a merge stand in one place; the
-- one that stays learns the rank, the station, the approval.
GRANT SELECT (id, match_id, user_id, finish_rank, assigned_station, created_at, updated_at),
      INSERT (match_id, user_id), UPDATE (user_id, finish_rank, assigned_station, updated_at), DELETE
  ON matchplayers TO sgsync_import;
GRANT SELECT (id, match_id, user_id, role, approved, approved_by_id, created_at, updated_at),
      INSERT (match_id, user_id, role, approved), UPDATE (user_id, approved, approved_by_id, updated_at), DELETE
  ON crew TO sgsync_import;

-- What sgsync remembers. Its version is the migrating role's to write.
GRANT USAGE ON SCHEMA sgsync TO sgsync_import;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sgsync TO sgsync_import;
REVOKE INSERT, UPDATE, DELETE ON sgsync.alembic_version FROM sgsync_import;

DO $$
DECLARE
  item record;
BEGIN
  -- Tables that not every release of the application has.
  IF to_regclass('audit_logs') IS NOT NULL THEN
    GRANT SELECT (id), INSERT (action, details, organization_id) ON audit_logs TO sgsync_import;
  END IF;
  IF to_regclass('racetime_rooms') IS NOT NULL THEN
    GRANT SELECT (id, match_id) ON racetime_rooms TO sgsync_import;
  END IF;

  -- The numbers of new rows.
  FOR item IN
    SELECT pg_get_serial_sequence(format('%I', name), 'id') AS sequence
    FROM unnest(ARRAY['users', 'organizationmember', 'tournamentplayers', 'streamchannel', 'match', 'matchplayers',
                      'crew', 'audit_logs']) AS name
    WHERE to_regclass(format('%I', name)) IS NOT NULL
  LOOP
    IF item.sequence IS NOT NULL THEN
      EXECUTE format('GRANT USAGE ON SEQUENCE %s TO sgsync_import', item.sequence);
    END IF;
  END LOOP;

  -- A merge re-points every row that refers to the placeholder, in whatever table: where one is left, deleting
  -- the placeholder would delete it as well. The same for rows that refer to a roster or crew row, or to a
  -- membership, that gives way to another.
  FOR item IN
    SELECT
      fk.conrelid::regclass AS child,
      fk.confrelid::regclass AS parent,
      relation.relnamespace::regnamespace AS schema,
      fk.confrelid <> to_regclass('"match"') AS is_moved,
      (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
       WHERE attrelid = fk.conrelid AND attnum = ANY (fk.conkey)) AS columns,
      (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
       WHERE attrelid = fk.confrelid AND attnum = ANY (fk.confkey)) AS referenced,
      EXISTS (SELECT FROM pg_attribute
              WHERE attrelid = fk.conrelid AND attname = 'updated_at' AND NOT attisdropped) AS has_updated_at
    FROM pg_constraint AS fk
    JOIN pg_class AS relation ON relation.oid = fk.conrelid
    WHERE fk.contype = 'f'
      AND fk.conparentid = 0
      AND relation.relnamespace <> 'sgsync'::regnamespace
      AND fk.confrelid IN (to_regclass('users'), to_regclass('organizationmember'), to_regclass('tournamentplayers'),
                           to_regclass('matchplayers'), to_regclass('crew'), to_regclass('"match"'))
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO sgsync_import', item.schema);
    EXECUTE format('GRANT SELECT (%s) ON %s TO sgsync_import', item.columns, item.child);
    EXECUTE format('GRANT SELECT (%s) ON %s TO sgsync_import', item.referenced, item.parent);
    IF item.is_moved THEN
      EXECUTE format('GRANT UPDATE (%s) ON %s TO sgsync_import', item.columns, item.child);
      IF item.has_updated_at THEN
        EXECUTE format('GRANT UPDATE (updated_at) ON %s TO sgsync_import', item.child);
      END IF;
    END IF;
  END LOOP;
END
$$;
