import { Field, Text, Tick } from '../components.js';
import type { PlaceChoices } from '../console-ledger.js';
import { type FormFields, PLACE_FIELDS } from '../key-form.js';

interface PlaceFieldsProps {
  readonly choices: PlaceChoices;
  readonly fields: FormFields;
  /** What an empty first field means. */
  readonly empty: string;
  readonly required?: boolean;
}

/** Fields for places, with the places that this machine knows as suggestions. Two more are folded. */
export function PlaceFields({ choices, fields, empty, required = false }: PlaceFieldsProps) {
  const [first, ...more] = PLACE_FIELDS;
  const suggested = { list: 'known-places' };
  return (
    <>
      <Field
        name={first}
        label="Deliver to"
        value={fields.get(first)}
        hint={`A place such as .env#WEB_API_KEY or keychain. ${empty}`}
        required={required}
        {...suggested}
      />
      <datalist id="known-places">
        {choices.suggestions.map((place) => (
          <option value={place} />
        ))}
      </datalist>
      <details open={[...more, 'replace'].some((name) => fields.get(name))}>
        <summary>More places, and what a place is</summary>
        {more.map((name, i) => (
          <Field name={name} label={`Place ${i + 2}`} value={fields.get(name)} {...suggested} />
        ))}
        <Tick
          name="replace"
          label="Overwrite a secret of another key"
          value={fields.get('replace')}
          hint="Also a value that keys did not write. It is lost there."
        />
        <Kinds choices={choices} />
      </details>
    </>
  );
}

function Kinds({ choices: { kinds, directory } }: Pick<PlaceFieldsProps, 'choices'>) {
  return (
    <>
      <p class="hint">
        Relative paths begin in <Text>{directory}</Text>. A command, or a file that is not named like an env
        file, works here once a key has it as a place.
      </p>
      <ul class="list">
        {kinds.map(({ title, syntax, example }) => (
          <li class="small">
            <code>
              <Text>{syntax}</Text>
            </code>{' '}
            <span class="soft">
              <Text>{title}</Text>
              {example === '' || example === syntax ? null : (
                <>
                  , such as{' '}
                  <code>
                    <Text>{example}</Text>
                  </code>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
