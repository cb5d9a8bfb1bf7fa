import { KeysError } from '../../domain/errors.js';
import { type ApiDocument, readDocument } from './document.js';
import { authOf } from './draft-auth.js';
import { type DraftField, draftFields, draftOption } from './draft-fields.js';
import { draftPages } from './draft-pages.js';
import { contextOf, createRules, listLine, nameOf, namesRequests, pathOf, routeOf } from './draft-routes.js';
import { findKeyApis, type KeyApi } from './find-keys.js';
import { type Leaf, leafNamed, leavesOf, listIn, plain, sentLeavesOf } from './leaves.js';
import { quoted, remark } from './quoted.js';

/** A provider file from a document, and where else the document creates keys. */
export interface ProviderDraft {
  readonly text: string;
  readonly path: string;
  readonly others: readonly string[];
}

/**
 * Writes a provider file from a vendor's OpenAPI document. `at`: the path of the collection, where there are
 * several. Throws `invalid_request` for a document without an operation that creates keys.
 */
export async function draftProvider(id: string, document: string, at?: string): Promise<ProviderDraft> {
  const read = await readDocument(document);
  const found = findKeyApis(read);
  const paths = found.map(({ path }) => path);
  const chosen = at === undefined ? found[0] : found.find(({ path }) => path === at);
  if (chosen === undefined) {
    throw new KeysError(
      'invalid_request',
      at === undefined ? 'no operation of this document creates a key' : `no keys are created at ${at}`,
      {
        hint:
          paths.length > 0
            ? `it creates keys at ${paths.join(', ')}`
            : 'an operation is found by a path that ends in keys or tokens, and by a secret in its response',
      },
    );
  }
  const others = paths.filter((path) => path !== chosen.path);
  return { text: fileOf(id, read, chosen, others), path: chosen.path, others };
}

/** What says in a field of the vendor's own what a key may do. */
const isRight = ({ name }: Leaf) => /^(role|accesslevel|permission|policy)$|capabilit/.test(plain(name));

/** A key's record in the responses: its schema, where it is, and the id in it. */
interface RecordPlace {
  readonly leaves: readonly Leaf[];
  readonly id: Leaf | undefined;
}

function recordOf(document: ApiDocument, api: KeyApi): RecordPlace {
  const listed = api.list && listIn(document, api.list.response);
  const leaves = leavesOf(document, listed?.record);
  const known = leaves.length > 0 ? leaves : leavesOf(document, api.create.response);
  return { leaves: known, id: idOf(known, api.idParameter) };
}

function idOf(leaves: readonly Leaf[], parameter: string): Leaf | undefined {
  const exact = leaves.find(({ name }) => plain(name) === plain(parameter));
  return exact ?? leafNamed(leaves, [/^id$/, /^(uid|uuid|hash|sid)$/, /id$/]);
}

/** The object in a response in which the id is: undefined where the response itself is the record. */
function wrapperOf(leaves: readonly Leaf[], id: Leaf | undefined): string | undefined {
  const found = leaves.find(({ path }) => path === id?.path) ?? leaves.find(({ name }) => name === id?.name);
  const suffix = id?.path ?? '';
  if (found === undefined || found.path === suffix || !found.path.endsWith(`.${suffix}`)) return undefined;
  return found.path.slice(0, -suffix.length - 1);
}

function fileOf(id: string, document: ApiDocument, api: KeyApi, others: readonly string[]): string {
  const { leaves, id: idLeaf } = recordOf(document, api);
  const update = api.update ? sentLeavesOf(document, api.update.body) : [];
  const { fields, left } = draftFields({
    record: leaves,
    create: sentLeavesOf(document, api.create.body),
    update,
  });
  const context = contextOf(api);
  const required = left.filter((leaf) => leaf.required || isRight(leaf));
  const constants = required.filter(({ schema: { values } }) => values?.length === 1);
  const fromContext = required.filter(({ name }) => context.some(([known]) => known === nameOf(name)));
  const options = required
    .filter((leaf) => !constants.includes(leaf) && !fromContext.includes(leaf))
    .map((leaf) => draftOption(leaf, leaves));
  const listPages = api.list && draftPages(document, api.list);
  const auth = authOf(document, api.create);
  const isNamed = idLeaf !== undefined && idLeaf.path !== 'id';
  const uses = [auth, ...(listPages ? [listPages] : []), ...fields, ...options].flatMap((part) => part.uses);
  const names = [...new Set(['provider', ...uses, ...(isNamed ? ['text'] : [])])].sort();
  const wrapper = wrapperOfKey(document, api, idLeaf);
  const lines = keyLines(document, api, {
    fields: isNamed ? [idField(idLeaf), ...fields] : fields,
    create: createRules(
      api,
      constants,
      fromContext,
      showsName(leavesOf(document, api.create.response), fields),
    ),
    idIn: update.find(({ path }) => path === idInBody(idLeaf, wrapper))?.path,
    pages: listPages?.code,
    wrapper,
  });
  return `${headOf(id, document, api, others)}
import { ${names.join(', ')} } from 'keys';

export default provider({
  id: '${id}',
  title: ${quoted(titleOf(id))},
  documentation: 'https://${id}.example/docs/api-keys', // guess
  ${document.baseUrl === null ? '// The document names no address: use --base-url.' : `baseUrl: ${quoted(document.baseUrl)},`}
  context: ${membersOf(context.map(([name, about]) => `${name}: ${quoted(about)}`))},
  variable: '${id.toUpperCase().replaceAll('-', '_')}_API_KEY', // guess: the name that the vendor's documentation uses
  ${auth.lines.join('\n  ')}
  options: ${options.length === 0 ? '{}' : `{\n${options.map((field) => `  ${fieldLine(field)}\n`).join('')}  }`},
  keys: {
${lines.map((line) => `    ${line}`).join('\n')}
  },
});
`;
}

function headOf(id: string, { title }: ApiDocument, { path }: KeyApi, others: readonly string[]): string {
  const elsewhere = `\n// The document creates keys at these paths as well: ${remark(others.join(', '))} (--path).`;
  return `// @ts-check
// ${remark(title) || id}, drafted from its OpenAPI document: POST ${remark(path)}.
// What a comment calls a guess is not in the document. Try it against a server where keys may be created and
// revoked:
//   keys provider add ./${id}.mjs
//   keys provider test ${id} --base-url http://localhost:8080${others.length > 0 ? elsewhere : ''}`;
}

const membersOf = (members: readonly string[]) => (members.length === 0 ? '{}' : `{ ${members.join(', ')} }`);

const idField = ({ path }: Leaf): DraftField => ({
  name: 'id',
  code: `text(${quoted(path)})`,
  uses: ['text'],
  comment: '',
});

/** The object that holds the record in a response for one key. */
function wrapperOfKey(document: ApiDocument, api: KeyApi, id: Leaf | undefined): string | undefined {
  const listed = api.list && listIn(document, api.list.response);
  return (
    wrapperOf(leavesOf(document, api.create.response), id) ??
    wrapperOf(leavesOf(document, api.get?.response), id) ??
    (listed && api.secret.path.startsWith(`${listed.path}.`) ? listed.path : undefined) ??
    listOfOne(document, api, id)
  );
}

/** Where a response for one key has a list of it. */
function listOfOne(document: ApiDocument, { get }: KeyApi, id: Leaf | undefined): string | undefined {
  const isRecord = leavesOf(document, get?.response).some(({ path }) => path === id?.path);
  return get === undefined || isRecord ? undefined : listIn(document, get.response)?.path || undefined;
}

/** Where the body of a request for one key would have its id. */
const idInBody = (id: Leaf | undefined, wrapper: string | undefined) =>
  wrapper === undefined || id === undefined ? undefined : `${wrapper}.${id.path}`;

/** Whether the response to a create has the name; if not, the key is as it was asked for. */
function showsName(response: readonly Leaf[], fields: readonly DraftField[]): boolean {
  const path = /^text\('([^']+)'/.exec(fields.find(({ name }) => name === 'name')?.code ?? '')?.[1];
  const last = path?.split('.').at(-1);
  return last === undefined || response.length === 0 || response.some(({ name }) => name === last);
}

interface KeyParts {
  readonly fields: readonly DraftField[];
  readonly create: string;
  readonly pages: string | undefined;
  readonly wrapper: string | undefined;
  readonly idIn: string | undefined;
}

/** The lines of `keys`. */
function keyLines(
  document: ApiDocument,
  api: KeyApi,
  { fields, create, pages, wrapper, idIn }: KeyParts,
): string[] {
  const listed = api.list && listIn(document, api.list.response);
  const renames = fields.some(({ code }) => code.includes('updates: true'));
  const line = (name: string, operation: KeyApi['update'], rest = '') =>
    operation === undefined ? [] : [`${name}: { at: ${quoted(routeOf(api, operation))}${rest} },`];
  return [
    `path: ${quoted(pathOf(api.path))},`,
    ...(api.create.encoding === undefined ? [] : [`encoding: '${api.create.encoding}',`]),
    ...(wrapper === undefined ? [] : [`one: ${quoted(wrapper)},`]),
    ...(idIn === undefined ? [] : [`idIn: ${quoted(idIn)},`]),
    ...(namesRequests(api) ? ["headers: (_, requestId) => ({ 'x-request-id': requestId }),"] : []),
    `secret: ${quoted(api.secret.path)}, // guess: by its name`,
    listLine(api, listed?.path ?? '', pages),
    api.get ? `get: ${quoted(routeOf(api, api.get))},` : 'get: false,',
    'fields: {',
    ...fields.map(fieldLine),
    '},',
    `create: {${create}},`,
    ...(renames ? line('update', api.update, ", returns: 'nothing'") : []),
    ...line('// roll', api.roll).map((text) => `${text} // see RollWay: which response, which grace`),
    ...line('revoke', api.revoke),
    ...(api.revoke === undefined ? ['// The document has no operation that revokes a key.'] : []),
  ];
}

const titleOf = (id: string) =>
  id.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => (dash ? ' ' : '') + letter.toUpperCase());

function fieldLine({ name, code, comment }: DraftField): string {
  return `  ${name}: ${code},${comment === '' ? '' : ` // ${remark(comment)}`}`;
}
