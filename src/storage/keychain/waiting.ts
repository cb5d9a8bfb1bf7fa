/** The line by which the child tells its parent that the keychain is there and has not answered yet: it asks its user. */
export const WAITING = 'waiting\n';
