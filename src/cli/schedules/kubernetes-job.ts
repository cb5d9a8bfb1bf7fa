import { shellWord } from '../../domain/shell-word.js';
import { cronTime } from './cron-time.js';
import { asLines, copiedModules, environmentFile, PACKAGE } from './job-lines.js';
import type { Scheduled } from './scheduled.js';

/** A CronJob of Kubernetes, and the claim that keeps its ledger. */
export function kubernetesJob({ file, every_ms, secrets, values, notes, own }: Scheduled): string {
  const copied = copiedModules(own, (_, name) => `/keys/${name}`);
  const files = own.map(({ name, path }) => ` --from-file=${name}=${shellWord(path)}`).join('');
  const env = [
    ...secrets.map(
      (name) =>
        `                - { name: ${name}, valueFrom: { secretKeyRef: { name: keys-apply, key: ${name} } } }`,
    ),
    ...Object.entries(values).map(
      ([name, value]) => `                - { name: ${name}, value: ${JSON.stringify(value)} }`,
    ),
  ];
  return `# kubectl create configmap keys-apply --from-file=keys.yaml=${shellWord(file)}${files}
# kubectl create secret generic keys-apply --from-env-file=apply.env, with:
${environmentFile(secrets, {}, notes).join('\n')}
#   KEYS_PACKAGE=${PACKAGE}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: keys-ledger }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Gi } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: keys-apply }
spec:
  schedule: "${cronTime(every_ms)}"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: apply
              image: node:22
              env:
                - { name: KEYS_DATA_DIR, value: /ledger }
                - { name: KEYS_PACKAGE, valueFrom: { secretKeyRef: { name: keys-apply, key: KEYS_PACKAGE } } }
${env.join('\n')}
              command: [sh, -euc]
              args:
                - |
                  npm install --global "$KEYS_PACKAGE"
                  mkdir -p -m 700 "$HOME/keys-apply"
                  cp /keys/keys.yaml "$HOME/keys-apply/keys.yaml"
                  keys config set ledger kept
${asLines(copied.map((line) => `                  ${line}`))}                  keys apply "$HOME/keys-apply/keys.yaml" --yes
              volumeMounts:
                - { name: file, mountPath: /keys }
                - { name: ledger, mountPath: /ledger }
          volumes:
            - { name: file, configMap: { name: keys-apply } }
            - { name: ledger, persistentVolumeClaim: { claimName: keys-ledger } }`;
}
