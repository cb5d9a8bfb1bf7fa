import type { Provider } from '../domain/provider.js';
import type { SystemFacts } from '../domain/systems.js';

type Facts = Pick<Provider, 'id' | 'title' | 'environments' | 'types' | 'supersedes' | 'format' | 'roll'>;

/** The members of a definition that a system's facts give. */
export function factsOf(facts: SystemFacts): Facts {
  const { id, title, environments, types, supersedes, prefixes, grace, signatureHeader } = facts;
  return {
    ...{ id, title, environments, types, supersedes },
    roll: grace === null ? { by: 'composed' } : { by: 'provider', grace },
    format: { kind: signatureHeader === undefined ? 'secret' : 'pair', prefixes },
  };
}
