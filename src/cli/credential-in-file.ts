import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { Provider } from '../domain/provider.js';
import { variablesFor } from '../places/variable-name.js';
import type { Context } from './context.js';

/** Most bytes of an env file. */
const MOST_BYTES = 1024 * 1024;

/** The secret, or both parts of a pair, from an env file. Throws `not_found`, `usage` and `refused`. */
export async function credentialInFile(
  from: string,
  provider: Provider,
  context: Context,
): Promise<Credential> {
  const [{ parsePlace, withNames }, { readVariable }, { readUserFile }] = await Promise.all([
    import('../places/registry.js'),
    import('../places/env-file-reader.js'),
    import('../storage/user-files.js'),
  ]);
  const place = await withNames(
    await parsePlace(from, { env: context.env, directory: context.process.directory }, context),
    variablesFor(provider),
    context,
  );
  if (place.kind !== 'file') {
    throw new KeysError('usage', `--from reads env files alone, not ${place.address}`, {
      hint: 'such as --from .env#WEB_API_KEY; any other source on stdin',
    });
  }
  const { path = '' } = place.target;
  const text = Buffer.from(await readUserFile(path, MOST_BYTES)).toString('utf8');
  const value = (name = '') => {
    const read = readVariable(text, name);
    if (read === null || ('value' in read && read.value === '')) {
      throw new KeysError('not_found', `${path} does not set ${name}`, {
        hint: `name another: --from '${path}#NAME'`,
      });
    }
    if ('value' in read) return read.value;
    throw new KeysError('refused', `cannot read ${name} in ${path}: ${read.unclear}`, {
      hint: 'give the key on stdin',
    });
  };
  const [first, second] = place.names;
  return second === undefined
    ? { secret: value(first) }
    : { api_key: value(first), secret_key: value(second) };
}
