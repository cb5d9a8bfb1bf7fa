import { KeysError } from './errors.js';
import type { OptionValue } from './key.js';
import type { CreateKey, UpdateKey } from './key-service.js';
import type { OptionField, Provider } from './provider.js';

/** Parses the value of an option. Throws `invalid_request`, which names the option. */
function optionOf({ name, kind }: OptionField, text: string): OptionValue {
  const wrong = (expected: string) =>
    new KeysError('invalid_request', `${name} must be ${expected}, not ${JSON.stringify(text)}`);
  if (kind === 'text') return text;
  if (kind === 'texts')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  if (kind === 'flag') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw wrong('true or false');
  }
  if (kind === 'number') {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) throw wrong('a number');
    return value;
  }
  try {
    return JSON.parse(text) as OptionValue;
  } catch {
    throw wrong('JSON');
  }
}

/**
 * Returns the request with the options of `--set` and the profile. Options of the request itself take
 * precedence.
 */
export function withOptionsOfSet<Request extends Partial<CreateKey> | UpdateKey>(
  { options }: Pick<Provider, 'options'>,
  request: Request,
  set: Readonly<Record<string, string | undefined>>,
): Request {
  const given = options.flatMap((option) => {
    const text = set[option.name];
    return text ? [[option.name, optionOf(option, text)] as const] : [];
  });
  const all = { ...Object.fromEntries(given), ...request.options };
  return Object.keys(all).length === 0 ? request : { ...request, options: all };
}
