/**
 * The definition language: a provider is described once, as facts, fields and routes. Provider files import
 * these names from the package; `provider` compiles a description into what the engine runs.
 */
export { uuidOf } from '../uuid-of.js';
export type { DescribedProvider } from './described-provider.js';
export {
  custom,
  expiry,
  type Field,
  type FieldRules,
  first,
  flag,
  json,
  lastFour,
  latest,
  members,
  never,
  number,
  oneOf,
  single,
  status,
  statusOf,
  strings,
  text,
  texts,
  time,
  timeOrNever,
  writeOnly,
} from './fields.js';
export type { KeyResource, MethodAndPath, NewKey } from './key-resource.js';
export { type Pages, pages } from './pages.js';
export { valueAt } from './paths.js';
export { provider } from './provider.js';
