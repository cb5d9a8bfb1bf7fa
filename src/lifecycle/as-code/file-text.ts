import { Document, isNode } from 'yaml';
import type { AdoptedAccount } from './adopt.js';

const HEADER = ` yaml-language-server: $schema=keys.schema.json
 (keys plan --schema > keys.schema.json writes it; man keys-as-code says what each field means)`;

/** The text of a new `keys.yaml`, with comments for what the file cannot say. */
export function keysFileText(accounts: readonly AdoptedAccount[]): string {
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
  document.commentBefore = HEADER;
  for (const [i, { comment }] of keys.entries()) {
    const node: unknown = document.getIn(['keys', i], true);
    if (comment !== null && isNode(node)) node.commentBefore = ` ${comment}`;
  }
  return document.toString({ lineWidth: 120 });
}
