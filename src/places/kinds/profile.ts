import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { credentialParts } from '../../domain/key.js';
import type { FoundCredential } from '../../storage/keychain/credentials.js';
import { tryStorage } from '../../storage/keychain/require-storage.js';
import type { OpenPlace, PlaceContext, PlaceKind } from '../place.js';

/**
 * The credential that this program logs in with, as one of its profiles: so a key that manages keys is rolled
 * like any other. The credential is bound to the address that the profile was logged in to, and stays where
 * it was kept.
 */
export const profile: PlaceKind = {
  id: 'profile',
  title: 'the credential of a profile of this program',
  syntax: 'profile:NAME',
  examples: ['profile:team'],
  remembered: true,
  local: true,
  holds: 'credential',
  parse(rest) {
    if (/^[a-z0-9][a-z0-9_-]{0,63}$/.test(rest)) return { target: { profile: rest }, names: [] };
    throw new KeysError('usage', `not the name of a profile: ${JSON.stringify(rest)}`, {
      hint: 'such as profile:team',
    });
  },
  address: ({ target }) => target['profile'] ?? '',
  open({ target }, context) {
    const { profile: name = '' } = target;
    /** The credential that is there. Throws where the profile is not logged in. */
    const present = async (): Promise<FoundCredential> => {
      const { provider = 'keys', base_url } = context.settings().profile(name);
      const found = await (await context.credentials()).read(name);
      if (found !== null) return found;
      throw new KeysError('not_logged_in', `the profile ${name} has no credential`, {
        next: 'log_in',
        details: { profile: name, provider, ...compact({ base_url }) },
      });
    };
    const store = async (secret: string, { origin, source, key_id }: FoundCredential) =>
      void (await (
        await context.credentials()
      ).store(
        name,
        { secret, origin, ...compact({ key_id }) },
        { insecureStorage: source.startsWith('file') },
      ));
    return {
      whose: serviceOf(name, context),
      async probe() {
        await present();
        return [];
      },
      async reserve() {
        const { source } = await present();
        await tryStorage(context, source.startsWith('file'));
        return [];
      },
      current: async () => ({ credential: (await present()).secret }),
      async erase() {
        await (await context.credentials()).remove(name);
        return [`the profile ${name} is logged out`];
      },
      async deliver(credential, key) {
        const { provider = 'keys', policy = provider } = context.settings().profile(name);
        if (![provider, policy].includes(key.provider)) {
          throw new KeysError(
            'refused',
            `the profile ${name} is of ${policy}, the key is of ${key.provider}`,
            {
              hint: 'deliver it to another place',
            },
          );
        }
        const { key_id: _, ...found } = await present();
        await store(credentialParts(credential).join(':'), {
          ...found,
          ...(key.id ? { key_id: key.id } : {}),
        });
      },
    };
  },
};

/** Where a profile is logged in. */
function serviceOf(name: string, context: Pick<PlaceContext, 'settings'>): NonNullable<OpenPlace['whose']> {
  return {
    login: `profile ${name}`,
    hint: 'log the profile in there again',
    async read() {
      const { provider = 'keys', base_url } = context.settings().profile(name);
      return { service: base_url === undefined ? provider : `${provider} at ${base_url}` };
    },
  };
}
