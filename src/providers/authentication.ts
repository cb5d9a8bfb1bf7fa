import { withOutcome } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import type { ProviderDefinition, RequestAuth } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { asMistake } from './mistakes.js';

/**
 * The headers that authenticate a request. Throws `provider_mistake` for what is no headers, and then nothing
 * was sent: the request would be without authentication.
 */
export async function authenticationOf(
  definition: ProviderDefinition,
  use: 'auth' | 'managementAuth',
  credential: Credential,
  request: Parameters<RequestAuth>[1],
): Promise<Readonly<Record<string, string>>> {
  // Where a file has one for both, it is called `auth` there.
  const member = definition[use] === definition.auth ? 'auth' : use;
  try {
    return headersIn(await definition[use](credential, request), member);
  } catch (error) {
    throw withOutcome(asMistake(error, definition, 'every request', member), 'not_done');
  }
}

/** Headers as a definition's function gives them. Throws `DefinitionMistake`, without a value. */
export function headersIn(headers: unknown, member: string): Readonly<Record<string, string>> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw new DefinitionMistake(member, 'returns no headers, such as { authorization: … }');
  }
  for (const [name, value] of Object.entries(headers)) requireHeader(name, value, member);
  return headers as Readonly<Record<string, string>>;
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const NOT_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

function requireHeader(name: string, value: unknown, member: string): void {
  const problem = (what: string) => new DefinitionMistake(member, `returns the header ${name} ${what}`);
  if (!HEADER_NAME.test(name)) throw problem('whose name no header can have');
  if (typeof value !== 'string') throw problem(`that is ${value === undefined ? 'undefined' : 'no text'}`);
  if (NOT_IN_HEADER.test(value)) throw problem('with characters that no header can have');
}
