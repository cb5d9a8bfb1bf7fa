import { KeysError } from '../../domain/errors.js';
import type { Credential } from '../../domain/key.js';
import type { Delivery } from '../../storage/ledger/operation.js';
import type { AccountConnection } from '../account-connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { DeliveryPlace, ShownKey } from '../operation/means.js';
import { type DeliveryPlan, openPlan, placeKeyOf } from './delivery-plan.js';
import { machineOf } from './elsewhere.js';
import { readPlan } from './read-plan.js';

/** A place as an operation delivers to it. Nothing of a place on another machine can be read or written. */
export async function openKeyPlace(
  place: Delivery['place'],
  shown: ShownKey,
  connection: Pick<AccountConnection, 'provider'>,
  context: LifecycleContext,
): Promise<DeliveryPlace> {
  const plan = readPlan(place);
  const elsewhere = machineOf(place);
  if (elsewhere !== null) {
    const deliver = async () => {
      throw new KeysError('pending', `only ${elsewhere} can deliver there`);
    };
    return { label: place.label, deliver };
  }
  const opened = await openPlan(plan, shown, context);
  const { id } = shown.created.key;
  const whose = 'address' in plan && plan.whose === undefined ? opened.whose : undefined;
  return {
    label: place.label,
    ...(whose === undefined ? {} : { whose: () => whose.read() }),
    deliver: async (credential) => await opened.deliver(credential, placeKeyOf(shown.name, id, connection)),
    holds: () => heldAt(plan, context),
  };
}

/** The secret that can be read back from a place; null where there is none or it cannot. */
async function heldAt(plan: DeliveryPlan, context: LifecycleContext): Promise<Credential | null> {
  if (!('address' in plan)) return null;
  if (plan.kind === 'keychain') {
    const { item = '', storage } = plan.target;
    const { openSavedSecrets } = await import('../../storage/ledger/saved-secrets.js');
    return await (await openSavedSecrets(context, { insecureStorage: storage === 'file' })).read(item);
  }
  const values = (await (await openPlan(plan, null, context)).current?.()) ?? {};
  const [first, second] = plan.names.map((name) => values[name]);
  if (first === undefined) return null;
  if (plan.names.length < 2) return { secret: first };
  return second === undefined ? null : { api_key: first, secret_key: second };
}
