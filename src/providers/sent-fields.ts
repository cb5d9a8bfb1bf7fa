import { KeysError } from '../domain/errors.js';
import type { CreateKey } from '../domain/key-service.js';
import type { OptionField } from '../domain/provider.js';
import { callContext } from './call-context.js';
import type { OperationDefinition, OperationTypes, ProviderDefinition } from './define-provider.js';
import { named } from './mistakes.js';

/** Long after any call of this program, and before the end that some vendors have. */
const PROBE_LIFETIME_MS = 40 * 24 * 3_600_000;
const NAME = 'probe';
const PROBED = { id: NAME, name: NAME };

/** A field of a new key, and a create request that sets it. */
interface Probe {
  readonly field: string;
  readonly request: CreateKey;
}

/**
 * Returns the fields that a definition accepts but never sends (`lost`): a create with the field writes the
 * same request as one without. Sends no request. `unwritten`: those for which its functions take no example.
 */
export function sentFields(
  definition: ProviderDefinition,
  nowMs: number,
): { readonly lost: readonly string[]; readonly unwritten: readonly string[] } {
  const create = definition.endpoints?.create;
  const probes = probesOf(definition, nowMs);
  if (create === undefined || create.first !== undefined) return { lost: [], unwritten: [] };
  const without = written(definition, create, { name: NAME }, nowMs);
  const fields = (fits: (request: string | null) => boolean) =>
    probes
      .filter(({ request }) => fits(written(definition, create, request, nowMs)))
      .map(({ field }) => field);
  return {
    lost: without === null ? [] : fields((request) => request === without),
    unwritten: fields((request) => request === null || without === null),
  };
}

/** The fields that a definition accepts but never sends. */
export function neverSent(definition: ProviderDefinition, nowMs: number): readonly string[] {
  return sentFields(definition, nowMs).lost;
}

/** Throws `provider_mistake` for a field that a request asks for and that the definition never sends. */
export function requireSent(definition: ProviderDefinition, request: CreateKey, nowMs: number): void {
  const asked = new Set(askedFields(request));
  if (asked.size === 0) return;
  const lost = neverSent(definition, nowMs).find((field) => asked.has(field));
  if (lost === undefined) return;
  throw new KeysError('provider_mistake', `${named(definition)}: create: ${placeOfLost(definition, lost)}`, {
    hint: `${definition.source === null ? '' : 'correct it there; '}${NOT_CREATED}`,
    details: { sent: false },
  });
}

const NOT_CREATED = 'the key was not created: it would not have had what was asked for';

/** A field that is never sent, with the members of a file that can be the reason. */
export function placeOfLost({ source }: Pick<ProviderDefinition, 'source'>, field: string): string {
  if (source === null) return `${field} is accepted, and never sent`;
  const member = field.startsWith('options.') ? field : `keys.fields.${field}`;
  return `${member} is accepted, and never sent: ${member}.send or keys.create.body leaves it out`;
}

/** The names of what a request asks for, as `neverSent` has them. */
export function askedFields({
  expires_at,
  scopes,
  restrictions = {},
  limits = {},
  owner,
  metadata = {},
  options = {},
}: CreateKey): string[] {
  return [
    ...(expires_at ? ['expires_at'] : []),
    ...(scopes?.length ? ['scopes'] : []),
    ...Object.entries(restrictions).flatMap(([name, list]) => (list?.length ? [name] : [])),
    ...(Object.keys(limits).length > 0 ? ['limits'] : []),
    ...(owner ? ['owner'] : []),
    ...(Object.keys(metadata).length > 0 ? ['metadata'] : []),
    ...Object.keys(options).map((name) => `options.${name}`),
  ];
}

/** The requests of a create, as text; null where none can be written. */
function written(
  definition: ProviderDefinition,
  create: OperationDefinition<OperationTypes['create']['input'], OperationTypes['create']['output']>,
  request: CreateKey,
  nowMs: number,
): string | null {
  const names = [...definition.context, ...definition.options].map(({ name }) => name);
  const context = callContext({
    definition,
    set: Object.fromEntries(names.map((name) => [name, '1'])),
    clock: { now: () => nowMs },
    credential: { api_key: 'probe', secret_key: 'probe' },
    baseUrl: 'https://probe.invalid',
    creation: { idempotencyKey: 'probe' },
    onSecret: () => undefined,
    note: () => undefined,
  });
  try {
    const steps = create.steps?.({ key: PROBED, credential: { secret: '' } }, request, context);
    return JSON.stringify([create.call(request, context, undefined as never), steps]);
  } catch {
    return null;
  }
}

/** Every field that a new key may be given, each with a request that has it. */
export function probesOf({ accepts, options, keepsMetadata }: ProviderDefinition, nowMs: number): Probe[] {
  const scope = accepts.scopes?.values?.at(-1) ?? 'probe:all';
  const all: Array<[field: string, asked: boolean, request: Omit<CreateKey, 'name'>]> = [
    [
      'expires_at',
      accepts.expires_at !== undefined,
      { expires_at: new Date(nowMs + PROBE_LIFETIME_MS).toISOString() },
    ],
    ['scopes', accepts.scopes !== undefined, { scopes: [scope] }],
    ['ips', accepts.ips !== undefined, { restrictions: { ips: ['192.0.2.1'] } }],
    [
      'referrers',
      accepts.referrers !== undefined,
      { restrictions: { referrers: ['https://probe.example'] } },
    ],
    ['endpoints', accepts.endpoints !== undefined, { restrictions: { endpoints: ['GET /probe'] } }],
    ['limits', accepts.limits !== undefined, { limits: { rate: '100/min' } }],
    ['owner', accepts.owner !== undefined, { owner: 'probe' }],
    ['metadata', keepsMetadata, { metadata: { probe: 'probe' } }],
    ...options.map((option): [string, boolean, Omit<CreateKey, 'name'>] => [
      `options.${option.name}`,
      true,
      { options: { [option.name]: probeOf(option) } },
    ]),
  ];
  return all.flatMap(([field, asked, request]) =>
    asked ? [{ field, request: { name: NAME, ...request } }] : [],
  );
}

/** A value that no option has by default. */
function probeOf({ kind, values, default: usual }: OptionField) {
  if (kind === 'number') return 4_711;
  if (kind === 'flag') return usual !== true;
  const text = values?.find((value) => value !== usual) ?? 'probe';
  return kind === 'texts' ? [text] : text;
}
