import { expect, it } from 'vitest';
import { readJson, throwErrorStatus } from '../../../src/http/wire/read-response.js';

const URL = 'https://keys.example.com/v1/keys/key_1';

function failureOf(status: number, body: unknown): unknown {
  try {
    throwErrorStatus(
      {
        status,
        headers: { 'content-type': 'application/problem+json' },
        body: new TextEncoder().encode(JSON.stringify(body)),
      },
      'GET',
      URL,
    );
  } catch (error) {
    return error;
  }
  return undefined;
}

it('takes code, message, hint and details from a key service that sends our code with its status', () => {
  const body = { code: 'conflict', detail: 'it is in use', hint: 'wait', details: { key_id: 'key_1' } };
  expect(failureOf(409, body)).toMatchObject({
    code: 'conflict',
    message: 'it is in use',
    hint: 'wait',
    details: { key_id: 'key_1' },
  });
});

it('takes the status alone from a service that sends our code with another status', () => {
  const body = { code: 'conflict', detail: 'no', hint: 'wait', details: { key_id: 'key_1' } };
  expect(failureOf(403, body)).toMatchObject({
    code: 'forbidden',
    message: `no (GET ${URL}, status 403)`,
    details: undefined,
  });
});

it.each([
  [{ message: 'Forbidden' }, true],
  [{ error: 'the token has insufficient permissions' }, true],
  [{ detail: 'missing scope keys:write' }, true],
  [{}, true],
  [{ message: 'the plan allows 10 keys' }, false],
  ['quota exceeded', false],
  [{ errors: [{ message: 'the project is disabled' }] }, false],
])('names a lacking permission for a 403 with %j: %s', (body, lacks) => {
  expect(failureOf(403, body)).toHaveProperty(
    'hint',
    lacks ? 'the key lacks a permission for this' : undefined,
  );
});

it('does not read what is nested deeper than any record of a service', () => {
  const read = (text: string) =>
    readJson({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode(text),
    });
  const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
  expect(JSON.stringify(read(nested(100)))).toBe(nested(100));
  for (const depth of [102, 200_000]) expect(read(nested(depth))).toBeUndefined();
  const texts = Array.from({ length: 60 }, () => [`${'['.repeat(200)}"\\${'{'.repeat(200)}`]);
  expect(read(JSON.stringify(texts))).toEqual(texts);
});
