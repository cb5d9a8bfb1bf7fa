/** The line by which the child tells its parent that the keychain is there and has not responded yet: it asks its user. */
export const WAITING = 'waiting\n';
