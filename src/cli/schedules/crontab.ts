import { shellWord } from '../../domain/shell-word.js';
import { cronTime } from './cron-time.js';
import { environmentFile } from './job-lines.js';
import type { Scheduled } from './scheduled.js';

/** A line of a crontab, and the file of variables that it reads. */
export function crontab({ file, folder, every_ms, secrets, values, notes }: Scheduled): string {
  // A % ends the command of a crontab.
  const line = `cd ${shellWord(folder)} && set -a && . "$HOME/.config/keys/apply.env" && out=$(keys apply ${shellWord(file)} --yes 2>&1) || echo "$out"`;
  return `# crontab -e; cron mails what a run prints, which is nothing if all is well.
# $HOME/.config/keys/apply.env, readable by you alone (chmod 600):
${environmentFile(secrets, values, notes).join('\n')}
${cronTime(every_ms)}  ${line.replaceAll('%', '\\%')}`;
}
