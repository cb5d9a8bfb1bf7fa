import { Argument, Command } from '@commander-js/extra-typings';
import type { Deps } from '../deps.js';

/** Most candidates that a shell is given. */
const MOST = 200;

/** Hidden: what the completion scripts call for the candidates that only the machine knows, one a line. */
export function completeCommand(deps: Deps) {
  return new Command('__complete')
    .description('Prints candidates for a completion script, one a line.')
    .addArgument(new Argument('<what>', 'what to complete').choices(['keys', 'profiles']))
    .action((what) => complete(what, deps));
}

async function complete(
  what: 'keys' | 'profiles',
  deps: Pick<Deps, 'connect' | 'knownNames' | 'settings' | 'output'>,
): Promise<void> {
  const candidates =
    what === 'profiles'
      ? deps
          .settings()
          .profiles()
          .map((profile) => profile.name)
      : await keyNames(deps);
  const lines = candidates
    .filter((candidate) => !/\p{Cc}/u.test(candidate))
    .map((candidate) => `${candidate}\n`);
  if (lines.length > 0) await deps.output().print(lines.join(''));
}

/** From the cache while it is fresh: a shell that waits for a network at each press of a key is no help. */
async function keyNames(deps: Pick<Deps, 'connect' | 'knownNames'>): Promise<readonly string[]> {
  const known = deps.knownNames();
  const kept = known.read();
  if (kept !== null) return kept;
  const { service } = await deps.connect();
  const page = await service.list({ limit: MOST, status: ['active', 'retiring', 'expired'] });
  const names = [...new Set(page.keys.map((key) => key.name))];
  known.write(names);
  return names;
}
