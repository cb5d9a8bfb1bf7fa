import { KeysError } from '../../domain/errors.js';
import type { KeyType } from '../../domain/key.js';
import { KEY_STATUSES, type KeyStatus } from '../../domain/key.js';
import type { CreateKey, ListKeys } from '../../domain/key-service.js';

/** The fields of a form as the browser sent them; of several fields of one name, the last. */
export type FormFields = ReadonlyMap<string, string>;

const text = (fields: FormFields, name: string) => fields.get(name)?.trim() || undefined;
/** Lines, or words between commas. */
const lines = (fields: FormFields, name: string, between: RegExp) =>
  (fields.get(name) ?? '')
    .split(between)
    .map((line) => line.trim())
    .filter(Boolean);

/** Reads the create form. The service checks the values. Throws `invalid_request` for what cannot be read at all. */
export function readCreateForm(fields: FormFields): CreateKey {
  const [ips, referrers, endpoints] = [
    lines(fields, 'ips', /[\s,]+/),
    lines(fields, 'referrers', /[\s,]+/),
    lines(fields, 'endpoints', /[\r\n,]+/),
  ];
  const scopes = lines(fields, 'scopes', /[\s,]+/);
  const metadata = readMetadata(lines(fields, 'metadata', /[\r\n]+/));
  const [rate, quota, uses] = ['rate', 'quota', 'uses'].map((name) => text(fields, name));
  const limits = {
    ...(rate ? { rate } : {}),
    ...(quota ? { quota } : {}),
    ...(uses ? { uses: Number(uses) } : {}),
  };
  const restrictions = {
    ...(ips.length > 0 ? { ips } : {}),
    ...(referrers.length > 0 ? { referrers } : {}),
    ...(endpoints.length > 0 ? { endpoints } : {}),
  };
  const [type, environment, service, owner] = ['type', 'environment', 'service', 'owner'].map((name) =>
    text(fields, name),
  );
  const expires_at = readExpiry(fields);
  return {
    name: fields.get('name')?.trim() ?? '',
    ...(type ? { type: type as KeyType } : {}),
    ...(environment ? { environment } : {}),
    ...(service ? { service } : {}),
    ...(owner ? { owner } : {}),
    ...(expires_at ? { expires_at } : {}),
    ...(scopes.length > 0 ? { scopes } : {}),
    ...(Object.keys(restrictions).length > 0 ? { restrictions } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

/** The presets are instants and not durations, so that a form that is sent twice is the same request twice. */
function readExpiry(fields: FormFields): string | undefined {
  const day = text(fields, 'expires_on');
  if (day === undefined) return text(fields, 'expires');
  if (Number.isFinite(Date.parse(`${day}T23:59:59Z`))) return `${day}T23:59:59Z`;
  throw new KeysError('invalid_request', `expires: not a date: ${JSON.stringify(day)}`);
}

function readMetadata(notes: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    notes.map((note) => {
      const at = note.indexOf('=');
      if (at > 0) return [note.slice(0, at).trim(), note.slice(at + 1).trim()];
      throw new KeysError('invalid_request', `notes: not NAME=VALUE: ${JSON.stringify(note)}`);
    }),
  );
}

/** The choices of the status filter: `works` stands for every key that is not revoked. */
export const STATUS_CHOICES = ['works', ...KEY_STATUSES, 'all'] as const;

/** What the filters of the list ask for. A search without `*` finds the text anywhere in the name. */
export function readFilters(query: FormFields): ListKeys {
  const search = text(query, 'name');
  const status = text(query, 'status') ?? 'works';
  const known = KEY_STATUSES.find((each) => each === status);
  const wanted: readonly KeyStatus[] | undefined =
    known !== undefined
      ? [known]
      : status === 'all'
        ? undefined
        : KEY_STATUSES.filter((each) => each !== 'revoked');
  const [environment, type, cursor] = ['environment', 'type', 'cursor'].map((name) => text(query, name));
  return {
    ...(search ? { name: search.includes('*') ? search : `*${search}*` } : {}),
    ...(wanted ? { status: wanted } : {}),
    ...(environment ? { environment } : {}),
    ...(type ? { type: type as KeyType } : {}),
    ...(cursor ? { cursor } : {}),
  };
}
