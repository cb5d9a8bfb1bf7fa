import { compact } from '../domain/compact.js';
import type { ContractRow } from '../domain/contract-row.js';
import { KeysError } from '../domain/errors.js';
import { newIdempotencyKey } from '../domain/idempotency.js';
import type { CreateKey } from '../domain/key-service.js';
import type { ContractSubject } from '../providers/contract.js';
import { textColumn } from '../terminal/text-column.js';
import type { Context } from './context.js';
import { readScopes } from './options/key-options.js';

const WORDS: Readonly<Record<ContractRow['outcome'], string>> = {
  holds: 'holds',
  broken: 'does not hold',
  not_offered: 'not claimed',
  not_seen: 'not seen',
};

const column = (id: string, cell: (row: ContractRow) => string) => textColumn(id, id, cell);

/** Tries the contract on a provider, row by row. Throws `refused` where a rule does not hold. */
export async function testProvider(
  id: string,
  scopes: readonly string[] | undefined,
  context: Context,
): Promise<void> {
  const { targetedProvider } = await import('../connect/targeted-provider.js');
  const named = context.flags.provider !== undefined || context.flags.profile !== undefined;
  const tested = named ? context : { ...context, flags: { ...context.flags, provider: id } };
  const { provider } = await targetedProvider(tested);
  if (provider.id !== id) {
    throw new KeysError('usage', `requests go to ${provider.title}, not to ${id}`, {
      hint: `keys provider test ${id} --provider ${id} --base-url …`,
    });
  }
  // A name of its own, so that what an interrupted test has left is known for what it is.
  const name = `keys-contract-${newIdempotencyKey().slice(0, 6)}`;
  const rows = contractRows(compact({ name, scopes: readScopes(scopes) }), tested);
  let broken = 0;
  let lacksScope = false;
  await context.output.list(
    (async function* () {
      for await (const row of rows) {
        if (row.outcome === 'broken') broken++;
        if (row.outcome === 'not_seen' && /\bscopes\b/.test(row.detail ?? '')) lacksScope = true;
        yield row;
      }
    })(),
    [
      column('rule', ({ rule }) => rule),
      column('outcome', ({ outcome }) => WORDS[outcome]),
      column('detail', ({ detail = '' }) => detail),
    ],
  );
  if (lacksScope && scopes === undefined)
    context.output.hint('--scope SCOPE tries scopes, with one that the vendor knows');
  if (broken === 0) return;
  throw new KeysError('contract_broken', `${broken} ${broken === 1 ? 'rule does' : 'rules do'} not hold`, {
    hint: `the definition and what the service returns do not fit; look at the requests with --debug`,
  });
}

/** A credential that no service knows, of either form. */
const STRANGER = 'nobody:knows_this_credential';

async function* contractRows(request: CreateKey, context: Context): AsyncGenerator<ContractRow> {
  const [
    { definitionOfEndpoints, openClient },
    { openConnection },
    { checkContract },
    { loadProvider },
    { recordingTransport },
    { trialPlace },
  ] = await Promise.all([
    import('../connect/client.js'),
    import('../connect/open-connection.js'),
    import('../providers/contract.js'),
    import('../providers/registry.js'),
    import('../providers/last-exchange.js'),
    import('./trial-place.js'),
  ]);
  const { transport, last } = recordingTransport(await context.transport(), context.redactor);
  const unreadable: string[] = [];
  const warn = (message: string) => {
    unreadable.push(message);
    context.output.warn(message);
  };
  const output = { ...context.output, warn };
  const recorded = { ...context, output, transport: async () => transport };
  const { provider: named, service, tryOut, baseUrl, target } = await openConnection(recorded);
  if (baseUrl === null) {
    throw new KeysError('usage', 'the contract is tried on a service over HTTP', {
      hint: 'name it with --base-url',
    });
  }
  const provider = await loadProvider(named.id, context);
  const definition = await definitionOfEndpoints(provider);
  const place = await trialPlace(provider, context);
  const subject: ContractSubject = {
    provider:
      provider.endpoints === null ? { ...definition, ...named, endpoints: definition.endpoints } : provider,
    service,
    stranger: await openClient(recorded, definition, { baseUrl, credential: STRANGER, set: target.set }),
    tryOut,
    request,
    newIdempotencyKey,
    clock: context.clock,
    sleep: context.sleep,
    lastExchange: last,
    unreadable: () => unreadable.filter((message) => message.startsWith(named.title)),
    deliver: place.deliver,
  };
  try {
    yield* checkContract(subject);
  } finally {
    place.remove();
  }
}
