import { Document, isNode } from 'yaml';
import type { AdoptedAccount } from './adopt.js';

/**
 * The text of a new `keys.yaml`, with comments for what the file cannot say. `header`: a comment at its top.
 */
export function keysFileText(accounts: readonly AdoptedAccount[], header: string): string {
  const keys = accounts.flatMap((one) => one.keys);
  const document = new Document({
    version: 1,
    defaults: { rotate: 'never' },
    accounts: Object.fromEntries(
      accounts.map(({ account: { name, provider, baseUrl, set } }) => [
        name,
        {
          provider,
          ...(baseUrl === null ? {} : { base_url: baseUrl }),
          ...(Object.keys(set).length > 0 ? { set } : {}),
        },
      ]),
    ),
    keys: keys.map(({ entry }) => entry),
  });
  document.commentBefore = header;
  for (const [i, { comment }] of keys.entries()) {
    const node: unknown = document.getIn(['keys', i], true);
    if (comment !== null && isNode(node)) node.commentBefore = ` ${comment}`;
  }
  return document.toString({ lineWidth: 120 });
}
