import type { CreateKey, ListKeys, UpdateKey } from '../../domain/key-service.js';
import { shellWord } from '../../domain/shell-word.js';
import { visibleText } from '../../domain/visible-text.js';
import type { NewPlaces } from './console-ledger.js';

/**
 * A word of a POSIX shell: quoted where the shell would read it otherwise. Invisible characters are escaped
 * as `$'…'` has them, so that the command shows what it does.
 */
function word(text: string): string {
  if (visibleText(text) !== text) return `$'${visibleText(text.replaceAll(/[\\']/g, '\\$&'))}'`;
  return shellWord(text);
}

/**
 * The command line that does the same as an action of the console. A word that begins with a dash comes after
 * `--name`.
 */
export function commandLine(...words: readonly string[]): string {
  return ['keys', ...words].map(word).join(' ');
}

/** A command line with these global options before the command, such as `--profile acme`. */
export function withOptions(line: string, options: readonly string[]): string {
  return line.replace(/^keys /, `${['keys', ...options].map(word).join(' ')} `.replaceAll('$', '$$$$'));
}

const each = (flag: string, values: readonly string[] = []) => values.flatMap((value) => [flag, value]);
const maybe = (flag: string, value: string | null | undefined) => (value ? [flag, value] : []);

/** The options that name the same places. */
function placeOptions({ to, replace }: NewPlaces): string[] {
  return [...each('--to', to), ...(replace ? ['--replace'] : [])];
}

/** The command that creates the same key. */
export function createLine(request: CreateKey, places: NewPlaces = { to: [], replace: false }): string {
  const { name } = request;
  return commandLine(
    'create',
    ...['--name', name],
    ...(request.type === 'public' ? ['--type', 'public'] : []),
    ...maybe('--environment', request.environment),
    ...maybe('--service', request.service),
    ...maybe('--owner', request.owner),
    ...maybe('--expires', request.expires_at),
    ...rightsOptions(request),
    ...placeOptions(places),
  );
}

/** The options that say what a key may do, and its notes. */
function rightsOptions({
  scopes,
  restrictions = {},
  limits = {},
  metadata = {},
}: Pick<UpdateKey, 'scopes' | 'restrictions' | 'limits' | 'metadata'>): string[] {
  return [
    ...each('--scope', scopes),
    ...each('--allow-ip', restrictions.ips),
    ...each('--allow-referrer', restrictions.referrers),
    ...each('--allow-endpoint', restrictions.endpoints),
    ...maybe('--rate', limits.rate),
    ...maybe('--quota', limits.quota),
    ...maybe('--uses', limits.uses?.toString()),
    ...Object.entries(metadata).flatMap(([note, value]) => ['--metadata', `${note}=${value}`]),
  ];
}

/** The command that changes a key in the same way. */
export function updateLine(id: string, changes: UpdateKey): string {
  return commandLine(
    'update',
    id,
    ...maybe('--owner', changes.owner),
    ...maybe('--service', changes.service),
    ...maybe('--expires', changes.expires_at),
    ...rightsOptions(changes),
  );
}

/**
 * The command that rolls a key. `grace`: seconds for which the old key works on; undefined: as the service
 * has it.
 */
export function rollLine(id: string, grace: number | undefined): string {
  if (grace === undefined) return commandLine('roll', id);
  if (grace === 0) return commandLine('roll', id, '--now');
  const [size, unit] = [[86_400, 'd'] as const, [3_600, 'h'] as const].find(
    ([each]) => grace % each === 0,
  ) ?? [1, 's'];
  return commandLine('roll', id, '--grace', `${grace / size}${unit}`);
}

/** The command that lists the same keys, for a choice of the status filter. */
export function listLine(
  { name, status, type, environment, owner }: ListKeys,
  choice: string,
  sort: string | undefined,
): string {
  // Without a status, the command leaves revoked keys out too.
  const wanted = choice === 'all' ? ['--all'] : choice === 'works' ? [] : each('--status', status);
  return commandLine(
    'list',
    ...maybe('--name', name),
    ...wanted,
    ...maybe('--type', type),
    ...maybe('--environment', environment),
    ...maybe('--owner', owner),
    ...maybe('--sort', sort),
  );
}
