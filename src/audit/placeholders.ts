/** What stands in capitals in a command, until a person fills it in. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  NAME: 'a name that says what the key is for',
  RANGE: 'an address or a range that may use the key, such as 192.0.2.0/24',
  SCOPE: 'a scope that the key needs, such as invoices:read; give --scope again for more',
};

/** The words in capitals of a recommended command, each with its meaning. */
export function placeholdersIn(fix: string): ReadonlyArray<readonly [word: string, meaning: string]> {
  return Object.entries(PLACEHOLDERS).filter(([word]) => fix.split(' ').includes(word));
}
