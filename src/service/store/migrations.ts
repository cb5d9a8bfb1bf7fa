import type { Migrations } from '../../storage/sql/migrations.js';
import { METADATA_INDEX } from './metadata-index.js';

/** The key service's tables. A migration that was released is never edited. */
export const KEY_SERVICE_MIGRATIONS: Migrations = [
  [
    `CREATE TABLE api_keys (
      id TEXT PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      type TEXT NOT NULL,
      environment TEXT NOT NULL,
      service TEXT,
      prefix TEXT NOT NULL,
      hint TEXT NOT NULL,
      scopes TEXT NOT NULL,
      restrictions TEXT NOT NULL,
      metadata TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      last_used BIGINT,
      expires_at BIGINT,
      revoked_at BIGINT,
      rolled_from TEXT,
      rolled_to TEXT
    )`,
    'CREATE INDEX api_keys_by_age ON api_keys (created_at, id)',
    'CREATE INDEX api_keys_by_name ON api_keys (name)',
    `CREATE TABLE one_time_answers (
      digest TEXT PRIMARY KEY,
      principal TEXT NOT NULL,
      route TEXT NOT NULL,
      body_digest TEXT NOT NULL,
      key_id TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      nonce TEXT,
      sealed TEXT
    )`,
    'CREATE INDEX one_time_answers_by_key ON one_time_answers (key_id)',
    'CREATE INDEX one_time_answers_by_age ON one_time_answers (created_at)',
  ],
  [
    'DROP INDEX one_time_answers_by_age',
    'CREATE INDEX one_time_answers_sealed ON one_time_answers (created_at) WHERE sealed IS NOT NULL',
  ],
  [
    'ALTER TABLE api_keys ADD COLUMN sealed_secret_key TEXT',
    'CREATE TABLE service_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)',
  ],
  [
    `CREATE TABLE key_events (
      id TEXT PRIMARY KEY,
      at BIGINT NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      key_id TEXT,
      details TEXT NOT NULL
    )`,
    'CREATE INDEX key_events_by_age ON key_events (at, id)',
    'CREATE INDEX key_events_by_key ON key_events (key_id, at, id)',
    {
      sqlite: ['UPDATE', 'DELETE'].map(
        (change) => `CREATE TRIGGER key_events_no_${change} BEFORE ${change} ON key_events
          BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
      ),
      postgres: [
        `CREATE FUNCTION key_events_append_only() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN RAISE EXCEPTION ''the audit trail is append-only''; END'`,
        `CREATE TRIGGER key_events_append_only BEFORE UPDATE OR DELETE ON key_events
          FOR EACH ROW EXECUTE FUNCTION key_events_append_only()`,
      ],
    },
  ],
  [
    {
      // REPLACE deletes a row without its DELETE trigger, found by the primary key or by the rowid: so the
      // table has no rowid, and an id that is there is passed over. Events older than the retention that is
      // kept in the settings may go.
      sqlite: [
        `CREATE TABLE key_events_kept (
          id TEXT PRIMARY KEY,
          at BIGINT NOT NULL,
          actor TEXT NOT NULL,
          action TEXT NOT NULL,
          key_id TEXT,
          details TEXT NOT NULL
        ) WITHOUT ROWID`,
        `INSERT INTO key_events_kept (id, at, actor, action, key_id, details)
          SELECT id, at, actor, action, key_id, details FROM key_events`,
        'DROP TABLE key_events',
        'ALTER TABLE key_events_kept RENAME TO key_events',
        'CREATE INDEX key_events_by_age ON key_events (at, id)',
        'CREATE INDEX key_events_by_key ON key_events (key_id, at, id)',
        `CREATE TRIGGER key_events_no_replace BEFORE INSERT ON key_events
          WHEN EXISTS (SELECT 1 FROM key_events WHERE id = NEW.id) BEGIN SELECT RAISE(IGNORE); END`,
        `CREATE TRIGGER key_events_no_update BEFORE UPDATE ON key_events
          BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
        `CREATE TRIGGER key_events_no_delete BEFORE DELETE ON key_events
          WHEN OLD.at >= COALESCE((SELECT CAST(value AS INTEGER) FROM service_settings WHERE name = 'events_kept_from'), 0)
          BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
      ],
      postgres: [
        'DROP TRIGGER key_events_append_only ON key_events',
        `CREATE FUNCTION key_events_retention() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN
             IF OLD.at >= COALESCE((SELECT CAST(value AS BIGINT) FROM service_settings WHERE name = ''events_kept_from''), 0)
             THEN RAISE EXCEPTION ''the audit trail is append-only''; END IF;
             RETURN OLD;
           END'`,
        `CREATE TRIGGER key_events_no_update BEFORE UPDATE ON key_events
          FOR EACH ROW EXECUTE FUNCTION key_events_append_only()`,
        `CREATE TRIGGER key_events_no_delete BEFORE DELETE ON key_events
          FOR EACH ROW EXECUTE FUNCTION key_events_retention()`,
        `CREATE TRIGGER key_events_no_truncate BEFORE TRUNCATE ON key_events
          FOR EACH STATEMENT EXECUTE FUNCTION key_events_append_only()`,
      ],
    },
  ],
  [
    `CREATE TABLE key_days (
      key_id TEXT NOT NULL,
      day BIGINT NOT NULL,
      uses BIGINT NOT NULL,
      refusals BIGINT NOT NULL,
      PRIMARY KEY (key_id, day)
    )`,
    'CREATE INDEX key_days_by_day ON key_days (day)',
  ],
  [
    'ALTER TABLE one_time_answers ADD COLUMN spent_at BIGINT',
    'CREATE INDEX one_time_answers_spent ON one_time_answers (spent_at) WHERE spent_at IS NOT NULL',
    'CREATE INDEX one_time_answers_by_age ON one_time_answers (created_at)',
    'CREATE INDEX api_keys_revoked ON api_keys (revoked_at) WHERE revoked_at IS NOT NULL',
    'CREATE INDEX api_keys_expiring ON api_keys (expires_at) WHERE expires_at IS NOT NULL',
  ],
  [
    // Filtered lists at many keys: each filter reads its own keys, newest first, and not all of them.
    'DROP INDEX api_keys_by_name',
    'CREATE INDEX api_keys_by_name ON api_keys (name, created_at, id)',
    'CREATE INDEX api_keys_by_environment ON api_keys (environment, created_at, id)',
    'CREATE INDEX api_keys_by_service ON api_keys (service, created_at, id) WHERE service IS NOT NULL',
    'CREATE INDEX api_keys_revoked_by_age ON api_keys (created_at, id) WHERE revoked_at IS NOT NULL',
  ],
  ['ALTER TABLE api_keys ADD COLUMN paused_at BIGINT'],
  [
    "ALTER TABLE api_keys ADD COLUMN limits TEXT NOT NULL DEFAULT '{}'",
    `CREATE TABLE key_limit_counts (
      key_id TEXT NOT NULL,
      kind TEXT NOT NULL,
      window_start BIGINT NOT NULL,
      window_end BIGINT NOT NULL,
      used BIGINT NOT NULL,
      PRIMARY KEY (key_id, kind, window_start, window_end)
    )`,
    'CREATE INDEX key_limit_counts_over ON key_limit_counts (window_end)',
  ],
  [
    'ALTER TABLE api_keys ADD COLUMN owner TEXT',
    'CREATE INDEX api_keys_by_owner ON api_keys (owner, created_at, id) WHERE owner IS NOT NULL',
  ],
  // The condition is `IS_BCRYPT`.
  ["CREATE INDEX api_keys_bcrypt ON api_keys (prefix) WHERE substr(digest, 1, 7) = 'bcrypt:'"],
  [
    // Lists of the few keys that still work, of many that were revoked. With the expiry, keys that have
    // expired are passed over without a look at their rows.
    'CREATE INDEX api_keys_unrevoked ON api_keys (created_at, id, expires_at) WHERE revoked_at IS NULL',
    `CREATE INDEX api_keys_unrevoked_by_environment ON api_keys (environment, created_at, id, expires_at)
      WHERE revoked_at IS NULL`,
    'CREATE INDEX api_keys_paused ON api_keys (created_at, id) WHERE paused_at IS NOT NULL',
    "CREATE INDEX api_keys_public ON api_keys (created_at, id) WHERE type = 'public'",
    // With the name, a search for a part of it reads the rows alone that it finds.
    'DROP INDEX api_keys_by_age',
    'CREATE INDEX api_keys_by_age ON api_keys (created_at, id, name)',
    {
      sqlite: [],
      // Where names are sorted as a language has them, the other index is of no help to a pattern.
      postgres: ['CREATE INDEX api_keys_by_name_pattern ON api_keys (name text_pattern_ops)'],
    },
  ],
  METADATA_INDEX,
];
