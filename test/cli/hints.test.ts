import { expect, test } from 'vitest';
import { hintOf } from '../../src/cli/hints.js';
import { KeysError } from '../../src/domain/errors.js';
import { readResponse } from '../../src/http/wire/read-response.js';

test('the hint is the error’s own, and then the command that helps', () => {
  const hint = (options: ConstructorParameters<typeof KeysError>[2]) =>
    hintOf(new KeysError('unsupported', 'no', options));
  expect(hint({})).toBeUndefined();
  expect(hint({ hint: 'leave it out' })).toBe('leave it out');
  // What helps comes first: a place alone brings no secret back.
  expect(hint({ next: 'add_place', details: { name: 'web' } })).toMatch(
    /^keys roll web delivers a new secret/,
  );
  expect(hint({ next: 'list_keys' })).toBe('keys list --all shows every key');
  expect(hint({ hint: 'create a successor', next: 'roll_key' })).toBe(
    'create a successor; to replace it: keys roll',
  );
  expect(hint({ next: 'show_provider', details: { provider: 'resend' } })).toContain(
    'keys provider show resend',
  );
  expect(hint({ next: 'resume_delivery', details: { name: 'web', pending: ['.env#WEB'] } })).toBe(
    'run keys resume once that is fixed; keys deliver web --to PLACE delivers it to another place, keys places remove web PLACE leaves one out; keys resume --show prints it',
  );
  expect(hint({ next: 'resume_delivery', details: { pending: ['stdout'] } })).toBe(
    'run keys resume --show, which prints the secret',
  );
  const details = { base_url: 'https://api.example.com', profile: null };
  expect(hint({ next: 'log_in', details })).toBe(
    'log in first: keys login --base-url https://api.example.com',
  );
  expect(hint({ next: 'log_in', details: { provider: 'resend', profile: null } })).toBe(
    'log in first: keys login --provider resend',
  );
  expect(
    hint({ next: 'log_in', details: { provider: 'acme', profile: 'ci', set: { account: 'a b' } } }),
  ).toBe("log in first: keys login --provider acme --set 'account=a b' --profile ci");
});

test.each([
  [
    { next: 'save_delivered', details: { name: 'a › b' } },
    "keys deliver 'a › b' --to keychain --profile team",
  ],
  [{ next: 'list_keys' }, 'keys list --all --profile team shows'],
  [{ next: 'create_again', details: { name: 'web' } }, 'keys create web --profile team creates'],
  [{ next: 'replace_key', details: { name: 'web' } }, 'keys roll web --profile team replaces'],
  [{ next: 'learn_policy_again' }, 'keys status --profile team learns'],
  [{ next: 'resume' }, 'keys resume finishes it; keys pending shows it'],
  [
    { next: 'import_pasted', details: { provider: 'tylt', name: 'a' } },
    "keys import --provider tylt --name 'a'",
  ],
] as const)('a command of a hint goes on in the account of the call: %s', (options, command) => {
  const hint = hintOf(new KeysError('unsupported', 'no', options), ' --profile team');
  expect(hint).toContain(command);
  expect(hint).not.toMatch(/--profile team.*--profile team.*‹|--provider tylt.*--profile/);
});

test.each([
  [401, { code: 'unauthenticated' }, 'keys status'],
  [
    403,
    { code: 'forbidden', hint: 'why', details: { scope: 'keys:read' } },
    'keys create <name> --scope keys:read',
  ],
  [404, { code: 'not_found', details: { key_id: 'key_1' } }, 'keys list --all'],
])('a service that responds with %i names no command; the program does', (status, problem, command) => {
  const body = new TextEncoder().encode(JSON.stringify({ success: false, detail: 'no', ...problem }));
  const headers = { 'content-type': 'application/problem+json' };
  const schema = { safeParse: (data: unknown) => ({ success: true, data }) as const };
  const failure = (() => {
    try {
      return readResponse(schema, { status, headers, body }, 'GET', 'https://api.example.com/v1/api-keys');
    } catch (error) {
      return error;
    }
  })() as KeysError;
  expect(failure.hint ?? '').not.toContain('keys ');
  expect(hintOf(failure)).toContain(command);
});
