import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../src/providers/check-definition.js';
import { basic, defineProvider } from '../../src/providers/define-provider.js';
import { loadAllProviders } from '../../src/providers/registry.js';

describe('the check of a definition', () => {
  it('finds nothing wrong with any that comes with the program', async () => {
    const wrong = (await loadAllProviders()).map((definition) => [
      definition.id,
      checkDefinition(definition),
    ]);
    expect(wrong.filter(([, found]) => found !== null)).toEqual([]);
  });

  it('knows every member of an operation', () => {
    const remove = { call: () => ({ method: 'DELETE' as const, path: '/keys' }), read: () => undefined };
    const acme = defineProvider({
      id: 'acme',
      title: 'Acme',
      documentation: 'https://acme.example/docs',
      variables: { secret: 'ACME_KEY' },
      auth: basic,
      endpoints: { revoke: { ...remove, first: remove, next: remove, notFound: undefined } },
    });
    expect(checkDefinition(acme)).toBeNull();
  });
});
