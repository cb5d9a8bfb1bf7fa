import { expect, it } from 'vitest';
import { KeysError } from '../../src/domain/errors.js';
import { createRedactor, REDACTED } from '../../src/domain/redactor.js';
import { redactError } from '../../src/http/redact.js';

it('redacts the details of an error, names and numbers too, whatever the secret is made of', () => {
  const redactor = createRedactor();
  redactor.add('","b":{"', '"]}}', '{"a":1', 'fake-secret-0123456789', '987654321');
  const details = {
    a: ['fake-secret-0123456789', 1],
    'fake-secret-0123456789': { id: 987_654_321, b: null },
  };
  const error = redactError(new KeysError('refused', 'no', { details }), redactor);
  expect(error).toMatchObject({ details: { a: [REDACTED, 1], [REDACTED]: { id: REDACTED, b: null } } });
});
