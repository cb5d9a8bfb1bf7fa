import { crontab } from './crontab.js';
import { githubJob } from './github-job.js';
import { gitlabJob } from './gitlab-job.js';
import { kubernetesJob } from './kubernetes-job.js';
import type { Scheduled } from './scheduled.js';
import { systemdTimer } from './systemd-timer.js';

export const SCHEDULERS = ['github', 'gitlab', 'cron', 'systemd', 'k8s'] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** The text of a job that runs `keys apply`. */
export function scheduleText(scheduler: Scheduler, scheduled: Scheduled): string {
  return `${TEXTS[scheduler](scheduled)}\n`;
}

const TEXTS: Readonly<Record<Scheduler, (scheduled: Scheduled) => string>> = {
  github: githubJob,
  gitlab: gitlabJob,
  cron: crontab,
  systemd: systemdTimer,
  k8s: kubernetesJob,
};
