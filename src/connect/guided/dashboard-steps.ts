import { compact } from '../../domain/compact.js';
import type { CreateKey } from '../../domain/key-service.js';
import { bothZones } from '../../terminal/absolute-time.js';
import { nameInDashboard } from './dashboard-names.js';
import type { Guide } from './guide.js';

/**
 * Shows the steps, with the key's own values in them. The title names the environment and service, where the
 * key has them.
 */
export function showSteps(
  { conversation, provider }: Guide,
  title: string,
  lines: readonly string[],
  facts: Partial<CreateKey>,
): void {
  const filled: Record<string, string> = {
    name:
      facts.name === undefined
        ? ''
        : nameInDashboard({ name: facts.name, ...compact({ metadata: facts.metadata }) }),
    type: facts.type ?? 'secret',
    environment: facts.environment ?? provider.environments[0] ?? '',
    service: facts.service ?? 'the one that the key is for',
    expires: facts.expires_at ? bothZones(Date.parse(facts.expires_at)) : 'none was asked for',
  };
  const about = [
    ...(provider.environments.length > 1 && facts.environment ? [facts.environment] : []),
    ...(facts.service ? [`service ${facts.service}`] : []),
  ];
  conversation.steps(
    about.length === 0 ? title : `${title} (${about.join(', ')})`,
    lines.map((line) => line.replace(/\{(\w+)\}/g, (whole, name: string) => filled[name] ?? whole)),
  );
}

/**
 * Opens the dashboard. The address of one environment is not the other's, so then a person has to find it.
 */
export async function openDashboard(
  { conversation, dashboard, provider }: Guide,
  environment: string | null | undefined,
): Promise<void> {
  const here = dashboard.environment;
  if (here === undefined || (environment ?? here) === here) return await conversation.open(dashboard.url);
  conversation.say(
    `the address of the ${environment} dashboard of ${provider.title} is not known: open it yourself`,
  );
}
