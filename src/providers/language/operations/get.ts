import type { Key } from '../../../domain/key.js';
import { type Call, type CallContext, operation } from '../../define-provider.js';
import { callOf, readOnly } from '../requests.js';
import { ANY, type Described } from './described.js';
import { keyIn } from './response-records.js';

export function getOf(described: Described) {
  return operation<string, Key, unknown, undefined>({
    member: 'keys.get',
    call: (id, context) => getCall(described, id, context),
    response: ANY,
    read: (response, _, context) => keyIn(described, response, context),
  });
}

/** The request for one key, which an update, a pause and a roll send first. */
export function getCall({ resource }: Pick<Described, 'resource'>, id: string, context: CallContext): Call {
  return {
    ...readOnly(callOf(resource, resource.get || 'GET {keys}/{id}', context, id)),
    from: { at: resource.get ? 'keys.get' : 'keys.path; keys.get is left out' },
  };
}
