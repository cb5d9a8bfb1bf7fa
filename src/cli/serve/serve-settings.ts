import { resolve } from 'node:path';
import type { CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { nearest } from '../../domain/nearest.js';
import type { Context } from '../context.js';

/** Most bytes of a file of settings. */
const MOST_BYTES = 256 * 1024;

type Setting = string | readonly string[];

const PREFIX = 'KEYS_SERVE_';

/** `KEYS_SERVE_<OPTION>`, such as `KEYS_SERVE_TRUST_PROXY`. */
function variableOf(option: Option): string {
  return `${PREFIX}${option.name().replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Sets the options that the command line does not name: from `KEYS_SERVE_…`, else from the YAML file that
 * `--config` names. Throws `usage` for a file that cannot be read, a variable or a name that is no option,
 * and a value that the option does not take.
 */
export async function fillInSettings(
  command: CommandUnknownOpts,
  context: Pick<Context, 'env'> & { readonly process: Pick<Context['process'], 'directory'> },
): Promise<void> {
  refuseUnknownVariables(context.env, command.options.map(variableOf));
  const options = command.options.filter((option) => option.long !== '--config');
  const config = command.options.find((option) => option.long === '--config');
  const path = command.getOptionValue('config') ?? (config && context.env[variableOf(config)]);
  const ofFile =
    typeof path === 'string' && path !== ''
      ? await readSettings(resolve(context.process.directory, path), options)
      : new Map<string, Setting>();
  for (const option of options) {
    if (command.getOptionValueSource(option.attributeName()) === 'cli') continue;
    const variable = context.env[variableOf(option)];
    if (variable) set(command, option, variable, variableOf(option));
    else if (ofFile.has(option.name())) set(command, option, ofFile.get(option.name()) ?? '', String(path));
  }
}

/** A mistyped variable must not leave a server with the default. */
function refuseUnknownVariables(env: Context['env'], known: readonly string[]): void {
  const unknown = Object.keys(env).find(
    (name) => name.startsWith(PREFIX) && env[name] && !known.includes(name),
  );
  if (unknown !== undefined) throw noSuchSetting(unknown, known);
}

function noSuchSetting(name: string, known: readonly string[], path?: string): KeysError {
  // The beginning that all variables have makes none of them alike.
  const bare = (word: string) => word.replace(PREFIX, '');
  const near = known.find((word) => bare(word) === nearest(bare(name), known.map(bare))) ?? null;
  const place = path === undefined ? '' : `${path}: `;
  return new KeysError('usage', `${place}no such setting: ${name}`, {
    hint: near === null ? `one of ${known.join(', ')}` : `did you mean ${near}?`,
  });
}

/**
 * The options of a command below `serve`, and of `serve` itself where they are the same: these may come from
 * variables and from the file too. What the command line says behind the command's name wins.
 */
export async function settledFlags<Flags extends object>(
  command: { optsWithGlobals(): Flags } & CommandUnknownOpts,
  context: Parameters<typeof fillInSettings>[1],
): Promise<Flags> {
  if (command.parent !== null) await fillInSettings(command.parent, context);
  const own = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return { ...command.optsWithGlobals(), ...Object.fromEntries(own) };
}

function set(command: CommandUnknownOpts, option: Option, setting: Setting, from: string): void {
  if (option.isBoolean() || option.negate) {
    setFlag(command, option, setting, from);
    return;
  }
  const value = option.variadic
    ? [setting].flat().flatMap((text) => text.split(/[,\s]+/).filter(Boolean))
    : setting;
  const wrong = option.argChoices && typeof value === 'string' && !option.argChoices.includes(value);
  if (Array.isArray(value) !== Boolean(option.variadic) || wrong) {
    throw new KeysError('usage', `${from}: not a value of ${option.name()}: ${JSON.stringify(setting)}`, {
      hint: option.argChoices
        ? `one of ${option.argChoices.join(', ')}`
        : `keys serve --help explains ${option.long}`,
    });
  }
  command.setOptionValueWithSource(option.attributeName(), value, from);
}

/** An option without a value, such as `no-console`. Throws `usage` for anything but true and false. */
function setFlag(command: CommandUnknownOpts, option: Option, setting: Setting, from: string): void {
  if (setting !== 'true' && setting !== 'false') {
    throw new KeysError(
      'usage',
      `${from}: ${option.name()} is true or false, not ${JSON.stringify(setting)}`,
    );
  }
  command.setOptionValueWithSource(option.attributeName(), (setting === 'true') !== option.negate, from);
}

async function readSettings(path: string, options: readonly Option[]): Promise<Map<string, Setting>> {
  const [{ readUserFile }, { parse }] = await Promise.all([
    import('../../storage/user-files.js'),
    import('yaml'),
  ]);
  const bytes = await readUserFile(path, MOST_BYTES);
  let read: unknown;
  try {
    read = parse(Buffer.from(bytes).toString(), { maxAliasCount: 0 });
  } catch (error) {
    throw new KeysError('usage', `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw new KeysError('usage', `${path}: not a list of settings`, {
      hint: 'one option a line, such as port: 8787',
    });
  }
  return new Map(
    Object.entries(read).map(([name, value]) => [name, readSetting(path, name, value, options)]),
  );
}

function readSetting(path: string, name: string, value: unknown, options: readonly Option[]): Setting {
  if (!options.some((option) => option.name() === name)) {
    const known = options.map((option) => option.name());
    throw noSuchSetting(name, known, path);
  }
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  // YAML reads off as a truth value in its older version only; a port is a number.
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new KeysError('usage', `${path}: ${name}: neither a text nor a list of texts`);
}
