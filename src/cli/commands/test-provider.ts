import type { ContractRow } from '../../domain/contract-row.js';
import { KeysError } from '../../domain/errors.js';
import type { Column } from '../../terminal/output.js';
import type { Deps } from '../context.js';
import { present, readScopes } from '../key-options.js';

const WORDS: Readonly<Record<ContractRow['outcome'], string>> = {
  holds: 'holds',
  broken: 'does not hold',
  not_offered: 'not offered',
};

const column = (id: string, plain: (row: ContractRow) => string): Column<ContractRow> => ({
  id,
  title: id,
  plain,
  human: plain,
});

/** Tries the contract on a provider, row by row. Throws `refused` where a rule does not hold. */
export async function testProvider(
  id: string,
  scopes: readonly string[] | undefined,
  deps: Pick<Deps, 'contract' | 'flags' | 'newIdempotencyKey' | 'output' | 'target'>,
): Promise<void> {
  const { provider } = await deps.target();
  if (provider.id !== id) {
    throw new KeysError('usage', `calls go to ${provider.title}, not to ${id}`, {
      hint: `keys provider test ${id} --provider ${id} --base-url …`,
    });
  }
  // A name of its own, so that what an interrupted test has left is known for what it is.
  const name = `keys-contract-${deps.newIdempotencyKey().slice(0, 6)}`;
  const rows = await deps.contract(present({ name, scopes: readScopes(scopes) }));
  let broken = 0;
  await deps.output().list(
    (async function* () {
      for await (const row of rows) {
        if (row.outcome === 'broken') broken++;
        yield row;
      }
    })(),
    [
      column('rule', ({ rule }) => rule),
      column('outcome', ({ outcome }) => WORDS[outcome]),
      column('detail', ({ detail = '' }) => detail),
    ],
  );
  if (broken === 0) return;
  throw new KeysError('contract_broken', `${broken} ${broken === 1 ? 'rule does' : 'rules do'} not hold`, {
    hint: `the definition and what the service answers do not fit; look at the requests with --debug`,
  });
}
