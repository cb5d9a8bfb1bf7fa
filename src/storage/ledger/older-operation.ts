import type { KeptPlace } from '../../domain/managed-key.js';
import { type Delivery, type Operation, rolledInPlace } from './operation.js';

/** A delivery's place as the version before wrote it. */
type OlderPlan =
  | { readonly kind: 'stdout'; readonly form: 'record' | 'raw' }
  | { readonly kind: 'stdout'; readonly form: 'env'; readonly shell: string; readonly name: string }
  | { readonly kind: 'save'; readonly item: string; readonly insecureStorage: boolean }
  | { readonly kind: 'env-file'; readonly path: string; readonly name: string }
  | { readonly kind: 'exec'; readonly command: string; readonly directory: string }
  | { readonly kind: 'github'; readonly file: 'GITHUB_ENV' | 'GITHUB_OUTPUT'; readonly name: string };

/** Operation as a ledger of the version before has it. */
export type OlderOperation = Omit<
  Operation,
  | 'managed'
  | 'draft'
  | 'name'
  | 'inPlace'
  | 'revokeFirst'
  | 'deliveries'
  | 'retire'
  | 'census'
  | 'absent_since'
  | 'step'
> & {
  readonly managed?: undefined;
  readonly deliveries: ReadonlyArray<{
    readonly plan: OlderPlan;
    readonly label: string;
    readonly delivered: boolean;
  }>;
  readonly retire: { readonly id: string; readonly name: string; readonly at: number } | null;
  readonly step: 'intended' | 'sent' | 'minted' | 'delivered' | 'retiring';
};

/** An operation of the version before, as this version continues it. */
export function fromOlderOperation(older: OlderOperation): Operation {
  const { id, request, step, retire, deliveries } = older;
  return {
    ...older,
    managed: `of ${id}`,
    draft: null,
    name: 'create' in request ? request.create.name : request.name,
    inPlace: rolledInPlace(older) !== null,
    revokeFirst: false,
    deliveries: deliveries.map(({ plan, label, delivered }) => ({ ...deliveryOf(plan, label), delivered })),
    retire: retire === null ? null : { ...retire, grace_ms: 0, since: null, settable: false },
    census: null,
    absent_since: null,
    step: step === 'minted' ? 'created' : step,
  };
}

function deliveryOf(plan: OlderPlan, label: string): Omit<Delivery, 'delivered'> {
  const place = (spec: KeptPlace['spec'], id: string, remembered: boolean) => ({
    place: { id, label, spec },
    remembered,
  });
  switch (plan.kind) {
    case 'stdout': {
      if (plan.form !== 'env') return place(plan, 'stdout', false);
      const { kind, form, shell, name } = plan;
      return place({ kind, form, shell, names: [name] }, 'stdout', false);
    }
    case 'save': {
      const target = { item: plan.item, ...(plan.insecureStorage ? { storage: 'file' } : {}) };
      return place({ kind: 'keychain', target, names: [], address: 'keychain' }, 'keychain', true);
    }
    case 'env-file': {
      const address = `file:${plan.path}#${plan.name}`;
      return place({ kind: 'file', target: { path: plan.path }, names: [plan.name], address }, address, true);
    }
    case 'exec': {
      const { command, directory } = plan;
      const address = `exec:${command}`;
      const spec = { kind: 'exec', target: { command, directory }, names: [], address };
      return place(spec, `${address} (${directory})`, true);
    }
    case 'github': {
      const kind = plan.file === 'GITHUB_ENV' ? 'github-env' : 'github-output';
      const address = `${kind}:${plan.name}`;
      return place({ kind, target: {}, names: [plan.name], address }, address, false);
    }
  }
}
