import { type Credential, credentialParts } from '../domain/key.js';

/**
 * Asks the runner of a GitHub job to hide a secret that is about to be printed on stdout: without this, the
 * log of the job shows it. Elsewhere it does nothing.
 */
export async function maskPrinted(
  credential: Credential,
  {
    env,
    process: { maskInLog },
  }: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly process: { readonly maskInLog: (secret: string) => Promise<void> };
  },
): Promise<void> {
  if (env['GITHUB_ACTIONS'] === 'true') await maskParts(credential, maskInLog);
}

/** Asks the runner of a GitHub job to hide each part of a credential. */
export async function maskParts(
  credential: Credential,
  maskInLog: (secret: string) => Promise<void>,
): Promise<void> {
  for (const part of credentialParts(credential)) await maskInLog(part);
}

/**
 * The line by which the runner of a GitHub job hides a value: its reader unescapes these three characters.
 */
export function maskLine(secret: string): string {
  const escaped = secret.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return `::add-mask::${escaped}\n`;
}
