import type { Migrations } from '../../storage/sql/migrations.js';

/** Characters of a pair that are indexed: an index takes no long text. */
const INDEXED = 200;

/** `revoked`: 1 where the key was revoked, so that the few that work are found among many that do not. */
function tables(collation: string, end: string): string[] {
  return [
    `CREATE TABLE key_metadata (
      pair TEXT ${collation} NOT NULL,
      at BIGINT NOT NULL,
      key_id TEXT NOT NULL,
      revoked INTEGER NOT NULL,
      PRIMARY KEY (pair, at, key_id)
    ) ${end}`,
    'CREATE INDEX key_metadata_unrevoked ON key_metadata (pair, at, key_id) WHERE revoked = 0',
  ];
}

const CHANGED = `OLD.metadata <> NEW.metadata OR (OLD.revoked_at IS NULL) <> (NEW.revoked_at IS NULL)`;

function addTo(row: string, pair: string): string {
  const revoked = `CASE WHEN ${row}.revoked_at IS NULL THEN 0 ELSE 1 END`;
  return `INTO key_metadata (pair, at, key_id, revoked) SELECT ${pair}, ${row}.created_at, ${row}.id, ${revoked}`;
}

const SQLITE_PAIR = `substr(json_quote(one.key) || ':' || json_quote(one.value), 1, ${INDEXED})`;

/** SQLite: the pairs of a row. A text that is no JSON has none: a trigger must not refuse the row. */
function sqlitePairs(row: string): string {
  return `json_each(CASE WHEN json_valid(${row}.metadata) THEN ${row}.metadata ELSE '{}' END) AS one`;
}

const SQLITE_ADD = `INSERT OR IGNORE ${addTo('NEW', SQLITE_PAIR)} FROM ${sqlitePairs('NEW')}`;
const SQLITE_REMOVE = `DELETE FROM key_metadata
  WHERE pair IN (SELECT ${SQLITE_PAIR} FROM ${sqlitePairs('OLD')}) AND at = OLD.created_at AND key_id = OLD.id`;

const SQLITE = [
  ...tables('', 'WITHOUT ROWID'),
  `CREATE TRIGGER key_metadata_added AFTER INSERT ON api_keys WHEN NEW.metadata <> '{}'
    BEGIN ${SQLITE_ADD}; END`,
  `CREATE TRIGGER key_metadata_changed AFTER UPDATE OF metadata, revoked_at ON api_keys WHEN ${CHANGED}
    BEGIN ${SQLITE_REMOVE}; ${SQLITE_ADD}; END`,
  `CREATE TRIGGER key_metadata_removed AFTER DELETE ON api_keys WHEN OLD.metadata <> '{}'
    BEGIN ${SQLITE_REMOVE}; END`,
  `INSERT OR IGNORE ${addTo('api_keys', SQLITE_PAIR)} FROM api_keys, ${sqlitePairs('api_keys')}
    WHERE metadata <> '{}'`,
];

/**
 * PostgreSQL: the pairs are cut out of the JSON as they are written there. Its own functions refuse texts
 * with NUL or half of a surrogate pair.
 */
const POSTGRES = [
  ...tables('COLLATE "C"', ''),
  `CREATE FUNCTION key_metadata_pairs(metadata TEXT) RETURNS SETOF TEXT LANGUAGE sql IMMUTABLE AS
    'SELECT DISTINCT substr(found[1], 1, ${INDEXED})
     FROM regexp_matches(metadata, ''"(?:[^"\\\\]|\\\\.)*":"(?:[^"\\\\]|\\\\.)*"'', ''g'') AS found'`,
  `CREATE FUNCTION key_metadata_follow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN
       IF TG_OP <> ''INSERT'' THEN
         DELETE FROM key_metadata WHERE pair = ANY (ARRAY(SELECT key_metadata_pairs(OLD.metadata)))
           AND at = OLD.created_at AND key_id = OLD.id;
       END IF;
       IF TG_OP <> ''DELETE'' THEN
         INSERT ${addTo('NEW', 'one')} FROM key_metadata_pairs(NEW.metadata) AS one ON CONFLICT DO NOTHING;
       END IF;
       RETURN NULL;
     END'`,
  `CREATE TRIGGER key_metadata_added AFTER INSERT ON api_keys FOR EACH ROW
    WHEN (NEW.metadata <> '{}') EXECUTE FUNCTION key_metadata_follow()`,
  `CREATE TRIGGER key_metadata_changed AFTER UPDATE OF metadata, revoked_at ON api_keys FOR EACH ROW
    WHEN (${CHANGED}) EXECUTE FUNCTION key_metadata_follow()`,
  `CREATE TRIGGER key_metadata_removed AFTER DELETE ON api_keys FOR EACH ROW
    WHEN (OLD.metadata <> '{}') EXECUTE FUNCTION key_metadata_follow()`,
  `INSERT ${addTo('api_keys', 'one')} FROM api_keys, key_metadata_pairs(metadata) AS one
    WHERE metadata <> '{}'`,
  // Until autovacuum has counted its rows, PostgreSQL would rather read all keys.
  'ANALYZE key_metadata',
];

/**
 * An index of metadata: each pair of a key as JSON has it, such as `"team":"web"`, by the age of its key.
 * Triggers keep it, so that what an older server writes is in it too. A migration that was released: never
 * edited.
 */
export const METADATA_INDEX: Migrations[number] = [{ sqlite: SQLITE, postgres: POSTGRES }];

/** The keys of which the index has a pair, newest first; the pair's JSON is the one parameter. */
export const BY_PAIR = {
  from: 'key_metadata CROSS JOIN api_keys',
  where: `key_metadata.key_id = api_keys.id AND key_metadata.pair = substr(CAST(? AS TEXT), 1, ${INDEXED})`,
  unrevoked: 'key_metadata.revoked = 0',
  order: ['key_metadata.at', 'key_metadata.key_id'],
} as const;

/**
 * Whether the index has a pair in just this form: SQLite keeps no text with NUL or half of a surrogate pair
 * as it was.
 */
export function isIndexed(pair: string): boolean {
  return !/\\u(?:0000|d[89a-f])/.test(pair);
}
