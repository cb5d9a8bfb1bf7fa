import type { SuccessorRules } from './successor-rules.js';

/** A definition of the first language declares nothing: its records tell what they have. */
export function declares({ shows }: SuccessorRules): boolean {
  return shows.list.length + shows.get.length > 0;
}

export function fieldsShownBy(provider: SuccessorRules): (name: string) => boolean {
  if (!declares(provider)) return (name) => name !== 'scopes' && name !== 'expires_at' && name !== 'metadata';
  const shown = new Set<string>([...provider.shows.list, ...provider.shows.get]);
  return (name) => shown.has(name);
}
