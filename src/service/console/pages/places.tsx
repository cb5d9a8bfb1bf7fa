import type { Key } from '../../../domain/key.js';
import { commandLine } from '../commands.js';
import {
  Choices,
  Command,
  Form,
  Note,
  type Notice,
  Offers,
  type PageFrame,
  Refused,
  Text,
  Tick,
} from '../components.js';
import type { ManagedFacts, PlaceChoices } from '../console-ledger.js';
import type { FormFields } from '../key-form.js';
import { Crumb, Send } from '../page-parts.js';
import { PlaceFields } from './place-fields.js';

interface PlacesPageProps {
  readonly frame: PageFrame;
  readonly of: Key;
  readonly notice: Notice | null;
  readonly fields: FormFields;
}

/** Asks for further places of a key, and when they get its secret. */
export function AddPlacePage({
  frame,
  of: key,
  notice,
  fields,
  choices,
}: PlacesPageProps & { readonly choices: PlaceChoices }) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  return (
    <div class="narrow">
      <Crumb frame={frame} of={key} />
      <div class="head">
        <h1>
          Add a place to <Text>{key.name || key.id}</Text>
        </h1>
      </div>
      <Note notice={notice} />
      <Refused of={notice}>
        <Form frame={frame} action={`${path}/places`}>
          <div class="card">
            <PlaceFields {...{ choices, fields }} empty="Each roll delivers there again." required />
            <Choices
              name="when"
              label="Deliver the secret"
              value={fields.get('when') ?? 'now'}
              options={[
                ['now', 'now'],
                ['roll', 'at the next roll'],
              ]}
            />
          </div>
          <Send back={`${frame.base}${path}`}>Add the place</Send>
          <Offers of={notice} />
        </Form>
      </Refused>
      <Command frame={frame} line={commandLine('deliver', key.id, '--to', '.env')} />
    </div>
  );
}

/** Asks before a key forgets one of its places. */
export function RemovePlacePage({
  frame,
  of: key,
  notice,
  fields,
  place,
}: PlacesPageProps & { readonly place: ManagedFacts['places'][number] }) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  return (
    <div class="narrow">
      <Crumb frame={frame} of={key} />
      <div class="head">
        <h1>Remove a place</h1>
      </div>
      <Note notice={notice} />
      <Form frame={frame} action={`${path}/places/remove`} hidden={{ place: place.id }}>
        <div class="card">
          <p>
            Rolls of <Text>{key.name || key.id}</Text> no longer deliver to{' '}
            <strong>
              <Text>{place.label}</Text>
            </strong>
            .
          </p>
          <Tick
            name="erase"
            label="Also remove the secret there"
            value={fields.get('erase')}
            hint="Programs that read it there stop working."
          />
        </div>
        <Send back={`${frame.base}${path}`} danger>
          Remove the place
        </Send>
      </Form>
      <Command frame={frame} line={commandLine('places', 'remove', key.id, place.id)} />
    </div>
  );
}
