import { withLedger } from '../../connect/guided/expressible-by-hand.js';
import { isRecord } from '../../domain/is-record.js';
import {
  type ExpiryOption,
  type Grace,
  OPERATION_NAMES,
  type OptionField,
  type Provider,
  type RollWay,
  type ScopeOption,
} from '../../domain/provider.js';
import { VARIABLE_RULE } from '../../places/variable-name.js';
import type { Context } from '../context.js';

/** All that is known of a provider. */
export async function showProvider(id: string, context: Context): Promise<void> {
  const { loadProvider } = await import('../../providers/registry.js');
  const provider = await loadProvider(id, context);
  const said = describeProvider(provider);
  const text = (value: unknown) =>
    value === null ? 'none' : Array.isArray(value) ? value.join(', ') : String(value);
  await context.output.record(said, [
    ['provider', `${said.title} (${said.id})`],
    ['documentation', said.documentation],
    ['base URL', text(said.base_url)],
    ...OPERATION_NAMES.map(
      (name) => [name, showsByList(provider, name) ? FROM_LIST : text(said.operations[name])] as const,
    ),
    ['how it rolls', said.roll.vendor],
    ...(said.roll.key_service === null
      ? []
      : [['how a key service under its rules rolls', said.roll.key_service] as const]),
    ...Object.entries(said.can_have).map(
      ([name, about]) => [`a key can have ${name}`, optionText(about)] as const,
    ),
    ['update can change', text(said.operations.update === null ? null : said.can_change)],
    ['environments', text(said.environments)],
    ['types', text(said.types)],
    ['credential', said.credential.kind],
    ...(said.credential_needs === null ? [] : [['credential needs', said.credential_needs] as const]),
    ['prefixes', said.credential.prefixes.length > 0 ? text(said.credential.prefixes) : 'none published'],
    ['variables', text(said.variables)],
    ['which variable', VARIABLE_RULE],
    ['live check', text(said.live_check)],
    ['signs requests', said.signs_requests ? 'yes' : 'no'],
    [
      'webhook',
      said.webhook === null
        ? 'none'
        : `${said.webhook.header}, HMAC-SHA256 by the ${said.webhook.signed_with}`,
    ],
    ['dashboard', text(said.dashboard)],
    ...said.context.map(
      ({ name, about, required }) => [`--set ${name}=…`, optionText({ about, required })] as const,
    ),
    ...said.options.map(
      ({ name, ...option }) => [`--set ${name}=…, of each key`, optionText(option)] as const,
    ),
    ...said.notes.map((note) => ['note', note] as const),
  ]);
}

const FROM_LIST = 'found in the list';

/** Whether one key is looked for in the list: the vendor has no request for it. */
function showsByList(provider: Provider, name: string): boolean {
  const endpoints = 'endpoints' in provider ? provider.endpoints : undefined;
  return name === 'get' && isRecord(endpoints) && endpoints['get'] === undefined;
}

/** A provider as `--json` shows it. */
export function describeProvider(provider: Provider) {
  const { variables, check, webhook, dashboard } = provider;
  const { accepts, updates } = dashboard === null ? provider : withLedger(provider);
  return {
    id: provider.id,
    title: provider.title,
    documentation: provider.documentation,
    base_url: provider.baseUrl,
    operations: provider.operations,
    roll: {
      vendor: dashboard
        ? dashboard.roll
          ? graceText(dashboard.roll.grace)
          : COMPOSED
        : provider.operations.roll === null
          ? 'none'
          : rollText(provider.roll),
      key_service: dashboard === null ? null : rollText(provider.roll),
    },
    can_have: accepts,
    can_change: updates,
    environments: provider.environments,
    types: provider.types,
    credential: {
      kind: provider.format.kind,
      prefixes: provider.format.prefixes.map(({ prefix }) => prefix),
    },
    variables: Object.values(variables),
    live_check: check === null ? null : `${check.method} ${check.path}`,
    signs_requests: provider.signs,
    webhook: webhook === null ? null : { header: webhook.header, signed_with: webhook.signedWith },
    dashboard: dashboard?.url ?? null,
    context: provider.context,
    options: provider.options,
    credential_needs: provider.credentialNeeds,
    notes: provider.notes,
  };
}

const COMPOSED = 'none: a successor is created and delivered, then the old key is revoked';

function rollText(roll: RollWay): string {
  if (roll.by === 'composed') return COMPOSED;
  return `${graceText(roll.grace)}${roll.inPlace ? '; the key keeps its id' : ''}`;
}

function optionText(
  option: string | { readonly about: string } | ScopeOption | ExpiryOption | Omit<OptionField, 'name'>,
): string {
  if (typeof option === 'string') return option;
  const { about, values, required, unsaid, default: byDefault } = option as ScopeOption & ExpiryOption;
  const listed = values === undefined ? '' : `: ${values.join(', ')}`;
  const chosen = unsaid ?? (byDefault === undefined ? undefined : [byDefault].flat().join(', '));
  const otherwise = required ? ' (must be said)' : chosen === undefined ? '' : ` (default: ${chosen})`;
  return `${about}${listed}${otherwise}`;
}

function graceText(grace: Grace): string {
  if (grace.kind === 'none') return 'the old key ends at once';
  const hours = (grace.kind === 'any' ? grace.defaultSeconds : grace.seconds) / 3600;
  return grace.kind === 'any'
    ? `the old key works on for as long as --grace says, or ${hours} hours`
    : `the old key works on for ${hours} hours, no more and no less`;
}
