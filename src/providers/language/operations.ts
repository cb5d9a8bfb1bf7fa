import { compact } from '../../domain/compact.js';
import type { Operations } from '../define-provider.js';
import { createOf, recoverOf } from './operations/create.js';
import type { Described } from './operations/described.js';
import { getOf } from './operations/get.js';
import { listOf } from './operations/list.js';
import { holdersOf, ownByRequest, ownInList } from './operations/own.js';
import { pauseOf } from './operations/pause.js';
import { revokeOf } from './operations/revoke.js';
import { rollOf } from './operations/roll.js';
import { updateOf } from './operations/update.js';
import { verifyOf } from './operations/verify.js';

/** The operations of a resource over HTTP. */
export function operationsOf(described: Described): Operations {
  const { create, update, roll, pause, verify, recover, own, get, operations } = described.resource;
  return {
    ...(create === false ? {} : { create: createOf(described, create) }),
    list: listOf(described),
    ...(get === false ? {} : { get: getOf(described) }),
    revoke: revokeOf(described),
    ...(pause === undefined
      ? {}
      : { pause: pauseOf(described, pause, 'paused'), unpause: pauseOf(described, pause, 'active') }),
    ...compact({
      update: update && updateOf(described, update),
      roll: roll && rollOf(described, roll),
      verify: verify && verifyOf(described, verify),
      recover: recover && recoverOf(described, recover),
      whoami: own && ('at' in own ? ownByRequest(described, own) : ownInList(described, own)),
      holders: own && !('at' in own) ? holdersOf(described, own) : undefined,
    }),
    ...operations,
  };
}
