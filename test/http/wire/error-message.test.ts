import { expect, it } from 'vitest';
import { errorMessage } from '../../../src/http/wire/error-message.js';

it.each([
  [{ detail: 'no such key' }, 'no such key'],
  [{ detail: { message: 'no such key' } }, 'no such key'],
  [{ detail: [{ loc: ['body', 'name'], msg: 'field required' }] }, 'field required (body.name)'],
  [{ message: 'no', error: 'Forbidden' }, 'no'],
  [{ error: 'invalid_grant', error_description: 'the code has expired' }, 'the code has expired'],
  [{ error: { reason: 'name is taken' } }, 'name is taken'],
  [{ error: { title: 'Forbidden', detail: 'lacks a permission' } }, 'lacks a permission'],
  [{ error: true, reason: 'name is taken' }, 'name is taken'],
  [{ err_msg: 'project is disabled', err_code: 7 }, 'project is disabled'],
  [{ errors: ['Forbidden', 'Bad scope'] }, 'Forbidden; Bad scope'],
  [{ errors: [{ reason: 'name is taken' }] }, 'name is taken'],
  [{ errors: [{ message: 'is invalid', long_message: 'the name is invalid' }] }, 'the name is invalid'],
  [{ errors: [{ message: 'is required', field: 'scopes' }] }, 'is required (scopes)'],
  [{ errors: [{ message: 'scopes is required', field: 'scopes' }] }, 'scopes is required'],
  [{ errors: { name: ['is too short', 'is taken'] } }, 'name: is too short; is taken'],
  [
    { message: 'Validation failed', errors: [{ message: 'is required', field: 'name' }] },
    'Validation failed: is required (name)',
  ],
  [{ message: 'no: taken', errors: [{ message: 'taken' }] }, 'no: taken'],
  [{ title: 'Not Found', status: 404 }, 'Not Found'],
  [{ message: '', errors: [], error: {} }, undefined],
  [['no'], 'no'],
  ['the plan has no more keys', 'the plan has no more keys'],
  [' ', undefined],
  [7, undefined],
  [{ errors: [{ field: 'scopes' }] }, 'the field scopes is wrong'],
  [{ errors: [{ field: 'scopes', code: 'invalid_choice' }] }, 'the field scopes is wrong (invalid_choice)'],
  [
    { errors: [{ loc: ['body', 'name'] }, { param: 'scopes' }] },
    'the field body.name is wrong; the field scopes is wrong',
  ],
  [
    { message: 'Validation failed', errors: [{ field: 'name' }] },
    'Validation failed: the field name is wrong',
  ],
  [{ error: { field: 'scopes' } }, 'the field scopes is wrong'],
  [{ path: '/v1/keys', status: 500 }, undefined],
  [null, undefined],
])('reads the reason of %j', (body, message) => {
  expect(errorMessage(body)).toBe(message);
});
