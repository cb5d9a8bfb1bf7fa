import { MAX_NAME_LENGTH } from '../../../domain/key.js';
import { Choices, Field, Form, Note, type Notice, type PageFrame, Select, TextArea } from '../components.js';
import type { ConsoleAccount, ConsoleFacts } from '../console-account.js';
import type { FormFields } from '../key-form.js';

interface CreateProps {
  readonly frame: PageFrame;
  readonly account: ConsoleAccount;
  /** What was entered before: in a form that was refused or interrupted. */
  readonly fields: FormFields;
  readonly notice: Notice | null;
  /** The idempotency key of this form: sent twice, it creates one key. */
  readonly request: string;
}

/** The form that creates a key. */
export function CreatePage({ frame, account, fields, notice, request }: CreateProps) {
  const { facts } = account;
  return (
    <div class="narrow">
      <p class="crumb">
        <a href={`${frame.base}/keys`}>Keys</a>
      </p>
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
          <Expiry frame={frame} fields={fields} />
          {facts.scopes ? (
            <Field
              name="scopes"
              label="Scopes"
              value={fields.get('scopes')}
              hint="What the key may do: words such as orders:read, separated by spaces. Without any, it may only be used."
            />
          ) : null}
          <MoreFields facts={facts} fields={fields} />
        </div>
        <div class="actions">
          <button type="submit" class="primary">
            Create key
          </button>
          <a class="button" href={`${frame.base}/keys`}>
            Cancel
          </a>
        </div>
      </Form>
    </div>
  );
}

const PRESETS = [30, 90, 365];

/** The instants of the presets are in the form: sent twice, it is the same request. */
function Expiry({ frame, fields }: Pick<CreateProps, 'frame' | 'fields'>) {
  const at = (days: number) => new Date(Math.ceil(frame.now / 60_000) * 60_000 + days * 86_400_000);
  const iso = (days: number) => at(days).toISOString().replace('.000Z', 'Z');
  const kept = fields.get('expires');
  const known = kept === '' || PRESETS.some((days) => iso(days) === kept);
  const options = [
    ...PRESETS.map((days) => [iso(days), `${days} days, until ${iso(days).slice(0, 10)}`] as const),
    ['', 'never'] as const,
    ...(kept && !known ? [[kept, `until ${kept.slice(0, 16)}`] as const] : []),
  ];
  return (
    <div class="pair">
      <Select name="expires" label="Expires" value={kept ?? iso(90)} options={options} />
      <Field
        name="expires_on"
        label="or at the end of this day (UTC)"
        type="date"
        value={fields.get('expires_on')}
      />
    </div>
  );
}

const MORE = ['owner', 'service', 'ips', 'referrers', 'endpoints', 'rate', 'quota', 'uses', 'metadata'];

function MoreFields({ facts, fields }: { readonly facts: ConsoleFacts; readonly fields: FormFields }) {
  const value = (name: string) => fields.get(name);
  return (
    <details open={MORE.some((name) => value(name))}>
      <summary>Restrictions, limits and notes</summary>
      {facts.restrictions ? (
        <>
          <Field
            name="ips"
            label="IP addresses"
            value={value('ips')}
            hint="Addresses or ranges that may use the key, such as 203.0.113.0/24."
          />
          <Field
            name="referrers"
            label="Pages"
            value={value('referrers')}
            hint="Such as https://shop.example.com."
          />
          <TextArea
            name="endpoints"
            label="Endpoints"
            value={value('endpoints')}
            hint="One a line, such as GET /v1/orders/*."
          />
        </>
      ) : null}
      <div class="pair">
        <Field name="rate" label="Rate" value={value('rate')} placeholder="100/min" />
        <Field name="quota" label="Quota" value={value('quota')} placeholder="10000/month" />
        <Field name="uses" label="Uses in all" value={value('uses')} placeholder="1000" />
      </div>
      <div class="pair">
        <Field name="owner" label="Owner" value={value('owner')} placeholder="a person, a team, a customer" />
        {facts.supersedes ? null : <Field name="service" label="Service" value={value('service')} />}
      </div>
      <TextArea name="metadata" label="Notes" value={value('metadata')} hint="NAME=VALUE, one a line." />
    </details>
  );
}
