// The workers: take a job, do it, take the next. On SIGTERM the job at hand is finished, then the process ends.
import { setTimeout as sleep } from 'node:timers/promises';

const log = (level, message, fields = {}) => {
  const line = { timestamp: new Date().toISOString(), level, service: 'workers', message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

for (const name of ['DATABASE_URL', 'REDIS_URL']) {
  if (process.env[name]) continue;
  log('error', `Error: ${name} is not set`);
  process.exit(1);
}

const stopping = new AbortController();
const stop = (signal) => {
  log('info', 'stopping', { signal });
  stopping.abort();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

const jobs = ['send-receipt', 'resize-image', 'refresh-search'];

log('info', 'started', { environment: process.env.ENVIRONMENT ?? 'local' });
for (let number = 1; !stopping.signal.aborted; number++) {
  const job = jobs[number % jobs.length];
  await sleep(200);
  log('info', 'job done', { job, number });
  // The pause between jobs may be cut short, the job may not.
  await sleep(5_000, undefined, { signal: stopping.signal }).catch(() => {});
}
log('info', 'stopped');
