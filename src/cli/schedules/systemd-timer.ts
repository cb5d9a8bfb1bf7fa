import { calendarTime } from './cron-time.js';
import { environmentFile } from './job-lines.js';
import type { Scheduled } from './scheduled.js';

/** A service and a timer of the user's own systemd. */
export function systemdTimer({ file, folder, every_ms, secrets, values, notes }: Scheduled): string {
  // systemd reads % as a specifier and $ as a variable.
  const escaped = (text: string) => text.replaceAll('%', '%%');
  const argument = /^[\w./-]+$/.test(file) ? file : JSON.stringify(escaped(file)).replaceAll('$', '$$$$');
  return `# ~/.config/systemd/user/keys-apply.service
[Unit]
Description=keys apply

[Service]
Type=oneshot
WorkingDirectory=${escaped(folder)}
# Readable by you alone (chmod 600):
${environmentFile(secrets, values, notes).join('\n')}
EnvironmentFile=%h/.config/keys/apply.env
ExecStart=/usr/bin/env keys apply ${argument} --yes

# ~/.config/systemd/user/keys-apply.timer; then: systemctl --user enable --now keys-apply.timer
[Unit]
Description=keys apply

[Timer]
OnCalendar=${calendarTime(every_ms)}
Persistent=true

[Install]
WantedBy=timers.target`;
}
