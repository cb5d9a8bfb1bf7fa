import { isRecord } from '../../domain/is-record.js';
import type { ApiDocument, ApiOperation } from './document.js';
import { quoted } from './quoted.js';

/** How requests are authenticated, as the document says it of the create. */
export function authOf(
  document: ApiDocument,
  { security }: ApiOperation,
): { lines: string[]; uses: string[] } {
  const requirements = Array.isArray(security) ? security.filter(isRecord) : [];
  const alternatives = requirements.map((one) =>
    Object.keys(one).map((name) => {
      const scheme = document.securitySchemes[name];
      return isRecord(scheme) ? scheme : {};
    }),
  );
  const isBearer = (scheme: Record<string, unknown>) =>
    String(scheme['scheme']).toLowerCase() === 'bearer' || scheme['type'] === 'oauth2';
  const schemes = alternatives.find((all) => all.some(isBearer)) ?? alternatives[0] ?? [];
  const [first = {}, second] = schemes;
  const header = (scheme: Record<string, unknown>) => String(scheme['name']).toLowerCase();
  if (String(first['scheme']).toLowerCase() === 'basic' || first['type'] === 'basic') {
    return { lines: ['auth: basic,', "managedBy: 'pair',"], uses: ['basic'] };
  }
  if (first['type'] !== 'apiKey' || first['in'] !== 'header') {
    return { lines: [schemes.length === 0 ? 'auth: bearer, // guess' : 'auth: bearer,'], uses: ['bearer'] };
  }
  const lines = [`auth: headerAuth(${quoted(header(first))}),`];
  if (second?.['type'] !== 'apiKey') return { lines, uses: ['headerAuth'] };
  const pair = `({ ${quoted(header(first))}: pair.api_key, ${quoted(header(second))}: pair.secret_key })`;
  return {
    lines: [...lines, "managedBy: 'pair',", `managementAuth: (pair) => ${pair},`],
    uses: ['headerAuth'],
  };
}
