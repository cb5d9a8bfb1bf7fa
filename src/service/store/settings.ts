/** What a database keeps once for all its keys. Those named here go with the keys wherever they are moved. */
export const SETTINGS = {
  /** The id of the policy that its keys are under. */
  policy: 'policy',
  /** What the key that encrypts signing halves is known again by; nothing can be opened with it. */
  encryptionKeyCheck: 'encryption_key_check',
} as const;

export type Settings = Readonly<Partial<Record<(typeof SETTINGS)[keyof typeof SETTINGS], string>>>;
