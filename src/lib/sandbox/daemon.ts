/**
 * The background process of `platform sandbox start`: an entry of its own in the build. Its one argument is JSON without
 * secrets (DaemonOptions); the token and the key are made here and only ever written to the registry (0600). stdin is
 * closed, stdout and stderr are a log file, and it leads a session of its own, so it outlives the shell.
 */
import { randomBytes } from 'node:crypto';
import type { DaemonOptions } from './daemon-options.js';
import { processStart } from './daemon-process.js';
import { hasEntry, removeEntry, type SandboxEntry, sandboxFolder, writeEntry } from './registry.js';
import { type Sandbox, startSandbox } from './start-sandbox.js';
import { readState, type StateWriter, stateWriter } from './state-file.js';

const saveEveryMs = 2_000;
const lookEveryMs = 3_000;

const newId = (): string => `sbx-${randomBytes(5).toString('hex')}`;

const log = (message: string): void => {
  process.stderr.write(`${new Date().toISOString()} ${message}\n`);
};

const entryOf = (
  options: DaemonOptions,
  running: { readonly sandbox: Sandbox; readonly token: string; readonly key: SandboxKey },
): SandboxEntry => ({
  id: running.sandbox.world.state.sandboxId,
  endpoint: running.sandbox.endpoint,
  pid: process.pid,
  pidStart: processStart(process.pid) ?? '',
  token: running.token,
  speed: options.speed,
  region: options.region,
  account: running.sandbox.world.state.account,
  exec: options.exec,
  ...running.key,
  createdAt: new Date().toISOString(),
  ...(options.stateFolder !== undefined && { stateFolder: options.stateFolder }),
  log: options.log,
});

interface SandboxKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Nobody can take them for real ones. Only with `--exec` is the secret one. */
const makeKey = (isExec: boolean): SandboxKey => ({
  accessKeyId: isExec ? `SANDBOXKEY${randomBytes(5).toString('hex').toUpperCase()}` : 'SANDBOX',
  secretAccessKey: isExec ? randomBytes(20).toString('hex') : 'sandbox',
});

const main = async (): Promise<void> => {
  const options = JSON.parse(process.argv[2] ?? '{}') as DaemonOptions;
  const folder = sandboxFolder(options.registryState, process.getuid?.());
  const token = randomBytes(24).toString('base64url');
  const key = makeKey(options.exec);
  const state = options.stateFolder === undefined ? undefined : readState(options.stateFolder);
  let entry: SandboxEntry | undefined;
  let writer: StateWriter | undefined;
  let isEnding = false;
  const end = async (why: string): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    log(`stopping: ${why}`);
    // First the name, so that nobody finds a sandbox that is on its way out.
    if (entry) removeEntry(folder, entry.id);
    writer?.save();
    await sandbox.close();
    process.exit(0);
  };
  const sandbox = await startSandbox({
    id: newId(),
    token,
    speed: options.speed === 0 ? 'manual' : options.speed,
    now: Date.now(),
    region: options.region,
    trafficRps: options.trafficRps,
    limits: options.limits,
    ...(options.port !== undefined && { port: options.port }),
    ...(options.exec && { execKey: key }),
    ...(options.upstream !== undefined && { upstream: options.upstream }),
    ...(options.logEvents !== undefined && { logEvents: options.logEvents }),
    ...(state !== undefined && { state }),
    ...(options.stateFolder !== undefined && { stateFolder: options.stateFolder }),
    newId,
    onReset: (id) => {
      if (!entry) return;
      const old = entry.id;
      entry = { ...entry, id };
      writeEntry(folder, entry);
      removeEntry(folder, old);
    },
    // The answer to the stop call goes out first.
    onStop: () => setTimeout(() => void end('asked by the control API'), 20),
    onError: (error) => log(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  if (options.stateFolder !== undefined) {
    writer = stateWriter(sandbox.world, options.stateFolder);
    setInterval(() => writer?.save(), saveEveryMs).unref();
  }
  entry = entryOf(options, { sandbox, token, key });
  writeEntry(folder, entry);
  // Without its entry nobody can find it or stop it: the user's state folder was removed.
  setInterval(() => {
    if (entry && !hasEntry(folder, entry.id)) void end('its registry entry is gone');
  }, lookEveryMs).unref();
  log(`listening on ${sandbox.endpoint}`);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(signal));
  process.on('uncaughtException', (error) => log(`uncaught: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (error) =>
    log(`unhandled: ${error instanceof Error ? error.stack : String(error)}`),
  );
};

main().catch((error: unknown) => {
  // Read by whoever started it: the last line says why.
  log(`failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
