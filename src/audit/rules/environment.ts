import type { SecretPrefix } from '../../domain/provider.js';

export type Stage = 'live' | 'test';

const STAGES: Readonly<Record<string, Stage>> = {
  live: 'live',
  production: 'live',
  prod: 'live',
  test: 'test',
  testing: 'test',
  demo: 'test',
  sandbox: 'test',
  development: 'test',
  dev: 'test',
  staging: 'test',
};

/** Returns the stage that a service's name for an environment means; undefined if it means neither. */
export function stageOf(environment: string | null | undefined): Stage | undefined {
  const name = environment?.toLowerCase() ?? '';
  return Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
}

/** Returns the stage of a secret by its prefix; undefined if the provider's prefixes do not show it. */
export function stageOfPrefix(
  prefix: string | undefined,
  prefixes: readonly SecretPrefix[],
): Stage | undefined {
  if (prefix === undefined || prefix === '') return undefined;
  const known = prefixes.find((candidate) => candidate.prefix === prefix);
  const [, word] = /_(live|test)_/.exec(prefix) ?? [];
  return stageOf(known?.environment ?? word);
}

/** Only unambiguous words: `live` may also mean a chat, and `dev` a portal. */
const LIVE_WORDS = /(?:^|[^a-z])(?:prod|production)(?:[^a-z]|$)/i;
const TEST_WORDS = /(?:^|[^a-z])(?:test|testing|tests|staging|sandbox)(?:[^a-z]|$)/i;

/** Returns the stage that a name contains; undefined if it contains none or both. */
export function stageSaidBy(text: string): Stage | undefined {
  const [live, test] = [LIVE_WORDS.test(text), TEST_WORDS.test(text)];
  return live === test ? undefined : live ? 'live' : 'test';
}

/** The stage that an env file is for: `.env.production`, `.env.test.local`. */
export function stageOfEnvFile(file: string): Stage | undefined {
  const name = file.split('/').at(-1) ?? '';
  const words = name.toLowerCase().split(/[^a-z]+/);
  const said = new Set(words.map((word) => stageOf(word)).filter((stage) => stage !== undefined));
  return said.size === 1 ? [...said][0] : undefined;
}
