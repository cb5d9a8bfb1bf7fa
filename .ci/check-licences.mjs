// Licences of all that is installed with the package: each must be one that MIT software may be shipped with.
// npm run check:licences
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const COMPATIBLE = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
]);

/** An expression such as `(MIT OR CC0-1.0)`: one of its choices, each of its parts. */
function isCompatible(expression) {
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((part) => COMPATIBLE.has(part.trim())));
}

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const byLicence = new Map();
const refused = [];
for (const [path, told] of Object.entries(packages)) {
  if (path === '' || told.dev || told.link) continue;
  const manifest = join(root, path, 'package.json');
  const licence =
    told.license ?? (existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).license : undefined);
  const name = path.replace(/^.*node_modules\//, '');
  // What is optional and for another platform is not here to be read.
  if (licence === undefined && told.optional) continue;
  if (typeof licence !== 'string' || !isCompatible(licence))
    refused.push(`${name}: ${JSON.stringify(licence)}`);
  byLicence.set(licence, [...(byLicence.get(licence) ?? []), name]);
}
for (const [licence, names] of [...byLicence].sort())
  console.log(`${licence}: ${[...new Set(names)].sort().join(', ')}`);
if (Object.keys(packages).length < 2) refused.push('no package at all: is this its lock file?');
for (const line of refused) console.error(`not compatible, or not said: ${line}`);
process.exitCode = refused.length > 0 ? 1 : 0;
