import { type AccountContext, namedExactly } from '../../lifecycle/find/managed-here.js';

/** The order in which a command takes a key and its variable: `env NAME=key`, `run --key key=NAME`. */
type Order = 'variable first' | 'key first';

interface Reference {
  readonly reference: string;
  /** The variable; undefined: the provider's own. */
  readonly name: string | undefined;
}

const ORDERS = {
  'variable first': /^(?<name>[A-Z_][A-Z0-9_]*)=(?<reference>.+)$/s,
  'key first': /^(?<reference>.+)=(?<name>[A-Z_][A-Z0-9_]*)$/s,
} as const;

/**
 * The key and the variable that an argument names, in the order of the command. The other order is taken
 * where only it names a key exactly: `env` and `run` have different ones.
 */
export async function splitReference(
  text: string,
  order: Order,
  context: AccountContext,
): Promise<Reference> {
  const own = split(text, order);
  const other = split(text, order === 'key first' ? 'variable first' : 'key first');
  if (other === null || (await namedExactly((own ?? { reference: text }).reference, context)).length > 0)
    return own ?? { reference: text, name: undefined };
  if ((await namedExactly(other.reference, context)).length > 0) return other;
  return own ?? { reference: text, name: undefined };
}

function split(text: string, order: Order): Reference | null {
  const { reference, name } = ORDERS[order].exec(text)?.groups ?? {};
  return reference === undefined ? null : { reference, name };
}
