// Loaded for an imported key alone.
export { verify } from '@node-rs/bcrypt';
