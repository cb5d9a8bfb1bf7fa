import { shellWord } from '../../domain/shell-word.js';
import { cachedTimes } from './cron-time.js';
import { asLines, commented, copiedModules, PACKAGE, yamlText } from './job-lines.js';
import type { Scheduled } from './scheduled.js';

/** A job of GitLab. */
export function gitlabJob(scheduled: Scheduled): string {
  const { file, secrets, values, keepsData } = scheduled;
  const { time, note } = cachedTimes(scheduled);
  const variables = Object.entries(values).map(([name, value]) => `    ${name}: ${yamlText(value)}`);
  const about = `# The ledger is kept in the cache between the runs, after a failed run too. GitLab.com deletes a cache that no job wrote for 14 days,
# and a runner may lose its own. A shared ledger (KEYS_LEDGER_URL) has none of these limits.
`;
  const cache = `  cache:
    key: keys-ledger
    paths: [.keys-ledger/]
    when: always
`;
  return `# .gitlab-ci.yml; start it with a schedule of the project: ${time}
# Masked, protected variables of the project: ${secrets.join(', ')}
${asLines(commented(scheduled.notes))}# KEYS_PACKAGE is a variable too: ${PACKAGE}
${keepsData ? about : ''}${note}# The job copies the file, because others can write to the folders of a GitLab job.
keys-apply:
  image: node:22
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  resource_group: keys-apply
  variables:
    KEYS_DATA_DIR: $CI_PROJECT_DIR/.keys-ledger
${asLines(variables)}${keepsData ? cache : ''}  script:
    - npm install --global "$KEYS_PACKAGE"
    - mkdir -p -m 700 "$HOME/keys-apply" "$KEYS_DATA_DIR"
    - cp ${shellWord(file)} "$HOME/keys-apply/keys.yaml"
    - chmod 600 "$HOME/keys-apply/keys.yaml"
    - keys config set ledger kept
${asLines(copiedModules(scheduled.own, shellWord).map((line) => `    - ${line}`))}    - keys apply "$HOME/keys-apply/keys.yaml" --yes --report keys-apply.md
  artifacts: { when: always, paths: [keys-apply.md] }`;
}
