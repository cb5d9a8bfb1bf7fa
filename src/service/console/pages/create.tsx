import { MAX_NAME_LENGTH } from '../../../domain/key.js';
import {
  Choices,
  Field,
  Form,
  Note,
  type Notice,
  Offers,
  type PageFrame,
  Refused,
  Select,
} from '../components.js';
import type { ConsoleAccount, ConsoleFacts, KeyField } from '../console-account.js';
import type { PlaceChoices } from '../console-ledger.js';
import { type FormFields, optionName } from '../key-form.js';
import { Crumb, Send } from '../page-parts.js';
import { MoreFields, ScopesField } from './key-fields.js';
import { PlaceFields } from './place-fields.js';

interface CreateProps {
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  /** What was entered before: in a form that was refused or interrupted. */
  readonly fields: FormFields;
  readonly notice: Notice | null;
  /** The idempotency key of this form: sent twice, it creates one key. */
  readonly request: string;
  /** What the form says of places; null: the page shows the secret. */
  readonly choices: PlaceChoices | null;
}

/** The form that creates a key. */
export function CreatePage({ frame, account, fields, notice, request, choices }: CreateProps) {
  const { facts } = account;
  return (
    <div class="narrow">
      <Crumb frame={frame} />
      <div class="head">
        <h1>Create a key</h1>
      </div>
      <Note notice={notice} />
      {facts.supersedes ? (
        <Note
          notice={{
            tone: 'warn',
            title: 'A new key revokes the key of the same service and environment',
            hint: 'Programs that still use that key stop working.',
          }}
        />
      ) : null}
      <Refused of={notice}>
        <Form frame={frame} action="/keys" hidden={{ request }}>
          <div class="card">
            <Field
              name="name"
              label="Name"
              value={fields.get('name')}
              hint="What the key is for, such as “web shop”."
              required
              autofocus
              maxlength={MAX_NAME_LENGTH}
            />
            <KindFields facts={facts} fields={fields} />
            {facts.creates.has('expires_at') ? <Expiry {...{ frame, fields }} of={facts.expiry} /> : null}
            {facts.options.map(({ name, about, required, values }) => (
              <Option
                {...{ name: optionName(name), label: name, hint: about, required, values }}
                fields={fields}
              />
            ))}
            {facts.creates.has('scopes') ? <ScopesField fields={fields} /> : null}
            <MoreFields has={moreFields(facts)} fields={fields} />
          </div>
          {choices === null ? null : (
            <div class="card">
              <PlaceFields {...{ choices, fields }} empty="Empty: the next page shows the secret once." />
            </div>
          )}
          <Send back={`${frame.base}/keys`}>Create key</Send>
          <Offers of={notice} />
        </Form>
      </Refused>
    </div>
  );
}

/** Which of the kinds of key it is: its environment, its type and, where a key must name it, its service. */
function KindFields({ facts, fields }: Pick<CreateProps, 'fields'> & { readonly facts: ConsoleFacts }) {
  return (
    <>
      {facts.environments.length > 1 ? (
        <Choices
          name="environment"
          label="Environment"
          value={fields.get('environment') ?? facts.environments[0]}
          options={facts.environments.map((each) => [each, each] as const)}
        />
      ) : null}
      {facts.types.length > 1 ? (
        <Choices
          name="type"
          label="Type"
          value={fields.get('type') ?? 'secret'}
          options={[
            ['secret', 'secret'],
            ['public', 'public: may be published'],
          ]}
        />
      ) : null}
      {facts.supersedes ? (
        <Field name="service" label="Service" value={fields.get('service')} required />
      ) : null}
    </>
  );
}

const DAY_MS = 86_400_000;
const PRESETS = [30, 90, 365];

/**
 * The first choice is that of `keys create`: never, unless a key must have an end. The instants of the
 * presets are in the form: sent twice, it is the same request.
 */
function Expiry({
  frame,
  fields,
  of: { required, atMostSeconds, unsaid },
}: Pick<CreateProps, 'frame' | 'fields'> & { readonly of: ConsoleFacts['expiry'] }) {
  const most = atMostSeconds / 86_400;
  const fitting = PRESETS.filter((each) => each <= most);
  // A vendor's limit may be shorter than every preset.
  const days = fitting.length === 0 && most >= 1 ? [Math.floor(most)] : fitting;
  const at = (each: number) => new Date(Math.floor(frame.now / 60_000) * 60_000 + each * DAY_MS);
  const iso = (each: number) => at(each).toISOString().replace('.000Z', 'Z');
  const kept = fields.get('expires');
  // A form that comes back keeps its instant, so that it stays the same request.
  const preset = days.find((each) => Math.abs(Date.parse(kept ?? '') - at(each).getTime()) < DAY_MS / 2);
  const instantOf = (each: number) => (each === preset && kept ? kept : iso(each));
  const options = [
    ...(required
      ? []
      : [['', unsaid === undefined ? 'never' : `the provider's default: ${unsaid}`] as const]),
    ...days.map((each) => [instantOf(each), `${each} days, until ${instantOf(each).slice(0, 10)}`] as const),
    ...(kept && preset === undefined ? [[kept, `until ${kept.slice(0, 10)}`] as const] : []),
  ];
  return (
    <div class="pair">
      <Select name="expires" label="Expires" value={kept} options={options} />
      <Field
        name="expires_on"
        label="or at the end of this day (UTC)"
        type="date"
        value={fields.get('expires_on')}
      />
    </div>
  );
}

/** The service has a field of its own where a key must name it. */
function moreFields({ creates, supersedes }: ConsoleFacts): ReadonlySet<KeyField> {
  return new Set([...creates].filter((field) => !(supersedes && field === 'service')));
}

interface OptionProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly required: boolean;
  readonly values: readonly string[] | undefined;
  readonly fields: FormFields;
}

/** A field of the vendor's own. */
function Option({ name, label, hint, required, values, fields }: OptionProps) {
  const value = fields.get(name);
  if (values === undefined) return <Field {...{ name, label, hint, required, value }} />;
  const any = required ? [] : [['', 'default'] as const];
  return (
    <Select
      {...{ name, label, hint, value }}
      options={[...any, ...values.map((each) => [each, each] as const)]}
    />
  );
}
