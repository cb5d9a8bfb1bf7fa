/** TLS, in a module of its own: loaded where an address is https. */
export { Agent, request } from 'node:https';
