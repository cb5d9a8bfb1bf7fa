import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-]|$)/i;

/** One package: what it is called, and the texts that must go along with copies of it. */
function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  if (typeof license !== 'string') throw new Error(`${name} says no licence: it cannot be bundled`);
  // A few bring no file; then its licence and whom it is by is all there is to pass on.
  const by = typeof author === 'string' ? author : author?.name;
  const passed = texts.length > 0 ? texts : [`${license}${by ? `, by ${by}` : ''}`];
  return { title: `${name} ${version} (${license})`, text: passed.join('\n\n') };
}

/**
 * For the build: of each package that is inside of the bundle, its version and the text of its licence, as
 * one file beside it. Copies of a package must have these with them.
 */
export const thirdPartyLicences = {
  name: 'third-party-licences',
  generateBundle(_options, bundle) {
    const ids = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
    // A package's own subpath may be a file elsewhere; the outermost folder of the match is the package.
    const folders = new Set(ids.map((id) => PACKAGE.exec(id.replaceAll('\\', '/'))?.[1]).filter(Boolean));
    const notices = [...folders].map(noticeOf).sort((a, b) => (a.title < b.title ? -1 : 1));
    this.emitFile({
      type: 'asset',
      fileName: 'THIRD-PARTY-LICENSES',
      source: `What keys holds of other packages, and under which licences.\n${notices
        .map(
          ({ title, text }) =>
            `\n${'='.repeat(title.length)}\n${title}\n${'='.repeat(title.length)}\n\n${text}\n`,
        )
        .join('')}`,
    });
  },
};
