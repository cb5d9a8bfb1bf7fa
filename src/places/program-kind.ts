import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import {
  namedParts,
  namesText,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from './place.js';
import { type PlaceDefinition, partNames } from './place-definition.js';
import { type CallProgram, vendorProgram } from './vendor-program.js';

const PART = /[A-Za-z0-9_][\w.-]*/;

/** The kind of place that a definition describes. */
export function programKind(definition: PlaceDefinition): PlaceKind {
  const { id, title, target, names, examples = [], sources } = definition;
  const written = target.replaceAll(/\{(\w+)\}/g, (_, part: string) => part.toUpperCase());
  const syntax = `${id}:${written}#NAME`;
  const whole = wholeTarget(definition);
  return {
    id,
    title,
    syntax,
    examples,
    ...compact({ sources }),
    remembered: true,
    local: false,
    holds: 'variables',
    parse(text) {
      const { rest, names } = splitNames(text);
      const parts = whole.exec(rest)?.groups;
      // A program would read it as an option.
      if (parts !== undefined && !Object.values(parts).some((part) => part.startsWith('-'))) {
        return { target: { ...parts }, names };
      }
      throw new KeysError('usage', `not ${written}: ${JSON.stringify(rest)}`, {
        hint: `such as ${examples[0] ?? syntax}`,
      });
    },
    address: ({ target: parts, names }) => `${filled(target, parts)}${namesText(names)}`,
    ...(names === undefined ? {} : { checkName: (name: string) => checkName(name, names) }),
    open(place, context) {
      requireFit(place, whole, definition);
      return openProgram(definition, place, context);
    },
  };
}

/** A pattern for a whole target, with a group for each part. */
function wholeTarget({ target, parts = {} }: PlaceDefinition): RegExp {
  const literals = target.split(/\{\w+\}/).map((text) => text.replaceAll(/[.*+?^$()|[\]\\/]/g, '\\$&'));
  const groups = partNames(target).map((part) => `(?<${part}>${(parts[part] ?? PART).source})`);
  return new RegExp(`^${literals.map((text, i) => text + (groups[i] ?? '')).join('')}$`);
}

function filled(target: string, parts: Place['target']): string {
  return target.replaceAll(/\{(\w+)\}/g, (_, part: string) => parts[part] ?? '');
}

/**
 * Throws `refused` for a remembered place that the definition has no target for: it was changed since, and
 * would set another secret.
 */
function requireFit({ address, target: parts }: Place, whole: RegExp, { id, target }: PlaceDefinition): void {
  const now = whole.exec(filled(target, parts))?.groups ?? {};
  const names = new Set([...Object.keys(now), ...Object.keys(parts)]);
  if ([...names].every((name) => now[name] === parts[name])) return;
  throw new KeysError('refused', `the kind of place ${id} has changed: ${address} is not one of its places`, {
    hint: `its target is ${target} now: put that back, or remove the place and add it again`,
  });
}

function checkName(name: string, pattern: RegExp): void {
  if (!name.startsWith('-') && new RegExp(`^(?:${pattern.source})$`).test(name)) return;
  throw new KeysError('usage', `not a name for this place: ${JSON.stringify(name)}`);
}

function openProgram(definition: PlaceDefinition, place: Place, context: PlaceContext): OpenPlace {
  const { id, readBack, erase, input, account, program } = definition;
  const { target, names, address: label } = place;
  const call = () => programOf(definition, place, context);
  const probe = async () =>
    void (await call()(
      args(id, 'probe', () => definition.probe(target)),
      { doing: `see ${label}` },
    ));
  return {
    ...(account === undefined
      ? {}
      : {
          whose: {
            login: `${id} ${filled(definition.target, target)}`,
            hint: `log in with ${program} to the right one`,
            read: async () => ({ account: await accountOf(place, id, account, call) }),
          },
        }),
    async probe() {
      await probe();
      return [];
    },
    async deliver(credential) {
      // Some programs create what is not there.
      await probe();
      for (const [name, secret] of namedParts(credential, names)) {
        const named = { ...target, name };
        await call()(
          args(id, 'deliver', () => definition.deliver(named)),
          {
            doing: `set ${name} of ${label}`,
            input: input === undefined ? secret : inputOf(id, () => input(secret, named)),
            secrets: [secret],
          },
        );
      }
    },
    ...(readBack === undefined ? {} : { readBack: async () => await changeOf(place, id, readBack, call) }),
    ...(erase === undefined
      ? {}
      : {
          async erase() {
            for (const name of names) {
              await call()(
                args(id, 'erase', () => erase({ ...target, name })),
                {
                  doing: `remove ${name} of ${label}`,
                },
              );
            }
            return [];
          },
        }),
  };
}

/** The program of a definition, with the variables that it gets for this place. */
function programOf(
  { id, program, install, failures = [], env }: PlaceDefinition,
  { target }: Place,
  context: PlaceContext,
): CallProgram {
  return vendorProgram(
    { program, install, failures, env: env === undefined ? {} : made(id, 'env', () => env(target)) },
    context,
  );
}

/** What the program is logged in to. Throws `usage` where the definition does not find it. */
async function accountOf(
  { target, address }: Place,
  id: string,
  account: NonNullable<PlaceDefinition['account']>,
  call: () => CallProgram,
): Promise<string> {
  const printed = await call()(
    args(id, 'account.args', () => account.args(target)),
    { doing: `see which account has ${address}` },
  );
  const name: unknown = made(id, 'account.name', () => account.name(printed));
  if (typeof name === 'string' && name !== '') return name;
  throw new KeysError('usage', `the kind of place ${id}: account.name: it returns no text`);
}

/** When the first of the place's names was changed last; null where the program does not say it of each. */
async function changeOf(
  { target, names, address }: Place,
  id: string,
  readBack: NonNullable<PlaceDefinition['readBack']>,
  call: () => CallProgram,
): Promise<{ readonly changed_at: number } | null> {
  const times: number[] = [];
  for (const name of names) {
    const named = { ...target, name };
    const printed = await call()(
      args(id, 'readBack.args', () => readBack.args(named)),
      {
        doing: `read when ${name} of ${address} was set`,
      },
    );
    const time = made(id, 'readBack.time', () => readBack.time(printed));
    times.push(typeof time === 'string' ? Date.parse(time) : (time ?? Number.NaN));
  }
  if (times.length === 0 || times.some((time) => !Number.isFinite(time))) return null;
  return { changed_at: Math.min(...times) };
}

/** What a function of a definition returns. Throws `usage` with the member that threw. */
function made<Value>(id: string, member: string, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    throw new KeysError(
      'usage',
      `the kind of place ${id}: ${member}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function args(id: string, member: string, run: () => readonly string[]): readonly string[] {
  const list: unknown = made(id, member, run);
  if (Array.isArray(list) && list.every((one) => typeof one === 'string' && !one.includes('\0'))) return list;
  throw new KeysError('usage', `the kind of place ${id}: ${member}: it must return a list of strings`);
}

/** Its error could hold the secret, so it is not shown. */
function inputOf(id: string, run: () => string): string {
  try {
    const text: unknown = run();
    if (typeof text === 'string') return text;
  } catch {
    // It is reported like a result that is no text.
  }
  throw new KeysError('usage', `the kind of place ${id}: input: it returns no text`);
}
