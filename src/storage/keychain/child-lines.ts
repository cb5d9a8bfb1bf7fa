/**
 * The line by which the child tells its parent that it runs: from then on, the keychain has its time to
 * respond.
 */
export const STARTED = 'started\n';

/**
 * The line by which the child tells its parent that the keychain is there and has not responded yet: it asks
 * its user.
 */
export const WAITING = 'waiting\n';
