import { type Leaf, leafNamed, plain } from './leaves.js';
import { quoted } from './quoted.js';

/** A field of the draft: its name, the code that describes it, and why it is a guess. */
export interface DraftField {
  readonly name: string;
  readonly code: string;
  /** The language's names that the code uses. */
  readonly uses: readonly string[];
  readonly comment: string;
}

/** What the record of a key tells, what a create takes, and whether a name can be changed. */
export interface FieldSources {
  readonly record: readonly Leaf[];
  readonly create: readonly Leaf[];
  readonly update: readonly Leaf[];
}

const NAMES = [
  /^name$/,
  /^(display|friendly|key|token)name$/,
  /^(token)?label$/,
  /^title$/,
  /^note$/,
  /^description$/,
];
const CREATED = [
  /^(created|creation|issued|inserted)(at|on|date|time)?$/,
  /^(date)?creat(ed|ion)(at|date)?$/,
];
const USED = [/^last(used|seen)(at|on|date|time)?$/, /^date(last)?used$/, /^apilastused$/];
const EXPIRES = [
  /^expir(es|y|ation)(at|on|date)?$/,
  /^expiresin(seconds)?$/,
  /^(secondstolive|ttl|validity)$/,
  /^secondsuntilexpiration$/,
];
const SCOPES = [
  /^scopes?$/,
  /^permissions?$/,
  /^(api)?roles?$/,
  /^acl$/,
  /^actions$/,
  /^capabilit(y|ies)$/,
  /^grants$/,
];
const WORKS = [/^(is)?(enabled|active)$/];
const STOPPED = [/^(is)?(disabled|revoked|paused)$/];

const isText = ({ schema: { type } }: Leaf) => type === 'string' || type === undefined;
const isTime = ({ schema: { type } }: Leaf) => type === 'string' || type === 'integer' || type === 'number';
const isTexts = ({ schema: { type } }: Leaf) => type === 'array';

/** The fields that a document tells of a key, and the leaves of a create that none of them fills. */
export function draftFields(sources: FieldSources): { fields: DraftField[]; left: Leaf[] } {
  const { record, create } = sources;
  const taken = new Set<Leaf>();
  const fields = [
    nameField(sources, taken),
    statusField(record),
    timeField('created_at', record, CREATED),
    timeField('last_used', record, USED),
    expiryField(sources, taken),
    scopesField(sources, taken),
  ].filter((field) => field !== undefined);
  return { fields, left: create.filter((leaf) => !taken.has(leaf)) };
}

function sendOf(record: Leaf | undefined, create: Leaf): string[] {
  return record?.path === create.path ? [] : [`send: ${quoted(create.path)}`];
}

function nameField({ record, create, update }: FieldSources, taken: Set<Leaf>): DraftField | undefined {
  const asked = leafNamed(create.filter(isText), NAMES);
  if (asked === undefined) return undefined;
  taken.add(asked);
  const told =
    record.find(({ name }) => name === asked.name) ?? leafNamed(record.filter(isText), NAMES) ?? asked;
  const changed = update.find(({ path }) => path === asked.path);
  const rules = [...sendOf(told, asked), ...(changed === undefined ? [] : ['updates: true'])];
  const comment = told.name === asked.name ? '' : `sent as ${asked.name}`;
  return { name: 'name', code: `text(${quoted(told.path)}${rulesText(rules)})`, uses: ['text'], comment };
}

const rulesText = (rules: readonly string[]) => (rules.length === 0 ? '' : `, { ${rules.join(', ')} }`);

function statusField(record: readonly Leaf[]): DraftField | undefined {
  const isFlag = ({ schema: { type } }: Leaf) => type === 'boolean';
  const works = leafNamed(record, WORKS, isFlag);
  const stopped = works === undefined ? leafNamed(record, STOPPED, isFlag) : undefined;
  const found = works ?? stopped;
  if (found === undefined) return undefined;
  const [on, off] = works === undefined ? ['revoked', 'active'] : ['active', 'revoked'];
  const code = `status(${quoted(found.path)}, { true: '${on}', false: '${off}' })`;
  return { name: 'status', code, uses: ['status'], comment: "guess: 'paused' if a key can work again" };
}

function timeField(
  name: string,
  record: readonly Leaf[],
  patterns: readonly RegExp[],
): DraftField | undefined {
  const found = leafNamed(record, patterns, isTime);
  if (found === undefined) return undefined;
  const comment = name === 'last_used' ? 'timeOrNever, if null means that it was never used' : '';
  return { name, code: `time(${quoted(found.path)})`, uses: ['time'], comment };
}

function expiryField({ record, create }: FieldSources, taken: Set<Leaf>): DraftField | undefined {
  const told = leafNamed(record, EXPIRES, isTime);
  const asked = leafNamed(create, EXPIRES, isTime);
  if (asked === undefined) {
    if (told === undefined) return undefined;
    return { name: 'expires_at', code: `expiry(${quoted(told.path)})`, uses: ['expiry'], comment: '' };
  }
  taken.add(asked);
  const form = formOf(asked);
  const rules = [
    "accepts: 'any time'",
    ...(form === 'iso' ? [] : [`as: '${form}'`]),
    ...(asked.required ? ['required: true'] : []),
    ...sendOf(told, asked),
  ];
  // Without a place in the record, the end is unknown once the key is created.
  const code =
    told === undefined
      ? `expiry(${quoted(asked.path)}${rulesText(rules)})`
      : `expiry(${quoted(told.path)}${rulesText(rules)})`;
  return { name: 'expires_at', code, uses: ['expiry'], comment: form === 'iso' ? '' : 'guess: the unit' };
}

function formOf({ name, schema: { type, description } }: Leaf): string {
  if (type === 'string') return 'iso';
  const words = `${name} ${description}`.toLowerCase();
  const milli = /milli|_ms\b/.test(words);
  if (/in_?seconds|to_?live|ttl|until|validity|from now|duration/.test(words)) {
    return milli ? 'milliseconds-from-now' : 'seconds-from-now';
  }
  return milli ? 'milliseconds' : 'seconds';
}

function scopesField({ record, create }: FieldSources, taken: Set<Leaf>): DraftField | undefined {
  const asked = leafNamed(create, SCOPES, isTexts);
  if (asked === undefined) return undefined;
  taken.add(asked);
  const told = record.find(({ name, schema: { type } }) => name === asked.name && type === 'array');
  const rules = [
    `accepts: ${quoted(firstSentence(asked.schema.description) || 'what the key may do')}`,
    ...(asked.required ? ['required: true'] : []),
  ];
  if (told === undefined) {
    const code = `writeOnly('texts', { ${[...rules, `send: ${quoted(asked.path)}`].join(', ')} })`;
    return { name: 'scopes', code, uses: ['writeOnly'], comment: 'no record tells them' };
  }
  const code = `texts(${quoted(told.path)}${rulesText([...rules, ...sendOf(told, asked)])})`;
  return { name: 'scopes', code, uses: ['texts'], comment: '' };
}

/** The first sentence of a description, in one short line. */
function firstSentence(description: string): string {
  const [first = ''] = description
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(?<=\.) /);
  return first.replace(/\.$/, '').slice(0, 80);
}

/** A value that a create must have and no field fills, as an option of the draft. */
export function draftOption(leaf: Leaf, record: readonly Leaf[]): DraftField {
  const { name, path, schema } = leaf;
  const kinds: Readonly<Record<string, [string, string]>> = {
    string: ['text', 'text'],
    integer: ['number', 'number'],
    number: ['number', 'number'],
    boolean: ['flag', 'flag'],
    array: ['texts', 'texts'],
  };
  const isObjects = schema.type === 'array' && JSON.stringify(schema.items ?? {}).includes('$ref');
  const [reader, kind] = (isObjects ? undefined : kinds[schema.type ?? 'string']) ?? ['json', 'json'];
  const inner = path.split('.').slice(-2).join('_');
  const own = plain(name) === 'id' ? inner : name;
  const told = record.find(
    (other) =>
      other.name === name && other.schema.type === schema.type && (own === name || other.path === path),
  );
  const values = schema.values?.every((value) => typeof value === 'string') ? schema.values : undefined;
  const rules = [
    `accepts: ${quoted(firstSentence(schema.description) || name)}`,
    ...(leaf.required ? ['required: true'] : []),
    ...(values === undefined || reader !== 'text'
      ? []
      : [`values: [${values.map((value) => quoted(String(value))).join(', ')}]`]),
  ];
  const code =
    told === undefined
      ? `writeOnly('${kind}', { ${[...rules, `send: ${quoted(path)}`].join(', ')} })`
      : `${reader}(${quoted(told.path)}${rulesText([...rules, ...sendOf(told, leaf)])})`;
  const uses = told === undefined ? 'writeOnly' : reader;
  const comment = leaf.required ? 'required by the document' : 'guess: what the key may do';
  return { name: own.replace(/\W/g, '_'), code, uses: [uses], comment };
}
