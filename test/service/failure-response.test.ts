import { expect, it } from 'vitest';
import { ERRORS, type ErrorCode, KeysError } from '../../src/domain/errors.js';
import { failureResponse } from '../../src/service/http/failure-response.js';
import { KEYS_POLICY } from '../../src/service/policies/keys.js';

it('names no path of the service in any failure of its own', () => {
  const path = '/var/lib/keys/keys.db';
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const error = new KeysError(code, `failed: ${path}`, { hint: `look at ${path}`, details: { path } });
    if (error.httpStatus < 500 || code === 'unavailable' || code === 'unsupported') continue;
    const log: string[] = [];
    const response = failureResponse(error, 'id', { policy: KEYS_POLICY, log: (line) => log.push(line) });
    expect([code, response.status]).toEqual([code, error.httpStatus]);
    expect(response.body).not.toContain(path);
    expect(log.join()).toContain(code);
  }
});
