/** The file of keys as code that is read if none is named. */
export const KEYS_FILE = 'keys.yaml';
