import { Field, TextArea } from '../components.js';
import type { KeyField } from '../console-account.js';
import type { FormFields } from '../key-form.js';

/** The field for scopes. */
export function ScopesField({ fields }: { readonly fields: FormFields }) {
  return (
    <Field
      name="scopes"
      label="Scopes"
      value={fields.get('scopes')}
      hint="What the key may do: words such as orders:read, separated by spaces. Without any, it may only be used."
    />
  );
}

const MORE = ['owner', 'service', 'ips', 'referrers', 'endpoints', 'rate', 'quota', 'uses', 'metadata'];

interface MoreProps {
  /** The fields that there are. */
  readonly has: ReadonlySet<KeyField | 'name'>;
  readonly fields: FormFields;
}

/** The fields that few keys need, folded until one of them is filled. */
export function MoreFields({ has, fields }: MoreProps) {
  const inner = <MoreInputs has={has} fields={fields} />;
  const folded: readonly KeyField[] = [
    'ips',
    'referrers',
    'endpoints',
    'limits',
    'owner',
    'service',
    'metadata',
  ];
  if (!folded.some((field) => has.has(field))) return null;
  return (
    <details open={MORE.some((name) => fields.get(name))}>
      <summary>Restrictions, limits and notes</summary>
      {inner}
    </details>
  );
}

/** Restrictions, limits, owner, service and notes. */
export function MoreInputs({ has, fields }: MoreProps) {
  const value = (name: string) => fields.get(name);
  return (
    <>
      {has.has('ips') ? (
        <Field
          name="ips"
          label="IP addresses"
          value={value('ips')}
          hint="Addresses or ranges that may use the key, such as 203.0.113.0/24."
        />
      ) : null}
      {has.has('referrers') ? (
        <Field
          name="referrers"
          label="Pages"
          value={value('referrers')}
          hint="Such as https://shop.example.com."
        />
      ) : null}
      {has.has('endpoints') ? (
        <TextArea
          name="endpoints"
          label="Endpoints"
          value={value('endpoints')}
          hint="One a line, such as GET /v1/orders/*."
        />
      ) : null}
      {has.has('limits') ? (
        <div class="pair">
          <Field name="rate" label="Rate" value={value('rate')} placeholder="100/min" />
          <Field name="quota" label="Quota" value={value('quota')} placeholder="10000/month" />
          <Field name="uses" label="Uses in all" value={value('uses')} placeholder="1000" />
        </div>
      ) : null}
      <div class="pair">
        {has.has('owner') ? (
          <Field
            name="owner"
            label="Owner"
            value={value('owner')}
            placeholder="a person, a team, a customer"
          />
        ) : null}
        {has.has('service') ? <Field name="service" label="Service" value={value('service')} /> : null}
      </div>
      {has.has('metadata') ? (
        <TextArea name="metadata" label="Notes" value={value('metadata')} hint="NAME=VALUE, one a line." />
      ) : null}
    </>
  );
}
