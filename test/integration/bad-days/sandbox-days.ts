/** Days on which the sandbox that was asked for is not what it should be. The real context is made: it decides where we are. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createContext } from '../../../src/lib/context/create-context.js';
import { sandboxFolder, writeEntry } from '../../../src/lib/sandbox/registry.js';
import { asksSandbox, type Day, type Expected } from './day.js';
import type { Scene, Stage } from './stage.js';

const seeksSandbox =
  (expected: Expected): Day['strikes'] =>
  ({ row, command }) =>
    command.reaches === 'aws' || asksSandbox(row) ? expected : undefined;

const realContext = (stage: Stage, wanted = '1'): Scene => {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: stage.cwd,
    XDG_STATE_HOME: dirname(stage.state),
    PLATFORM_SANDBOX: wanted,
  };
  return {
    env,
    ctx: (ctx) => ({ ...ctx, env }),
    createContext: (options) => createContext({ ...options, env, cwd: stage.cwd }),
  };
};

const register = (stage: Stage, endpoint: string): void =>
  writeEntry(sandboxFolder(stage.state, process.getuid?.()), { ...stage.entry, endpoint });

const start = /^platform sandbox start$/m;

export const sandboxDays: readonly Day[] = [
  {
    name: 'a sandbox is asked for and none is running',
    strikes: seeksSandbox({ exit: 13, code: 'E_UNREACHABLE', says: /no sandbox is running/, hint: start }),
    arrange: (stage) => {
      rmSync(join(stage.state, 'sandboxes'), { recursive: true });
      return realContext(stage);
    },
    only: true,
  },
  {
    name: 'the sandbox’s port is closed',
    strikes: ({ id, row, command }) =>
      id === 'sandbox:env'
        ? undefined
        : seeksSandbox({ exit: 13, code: 'E_UNREACHABLE', says: /127\.0\.0\.1:1\b/, hint: start })({
            id,
            row,
            command,
          }),
    arrange: (stage) => {
      register(stage, 'http://127.0.0.1:1');
      return realContext(stage);
    },
    only: true,
  },
  {
    name: 'another program answers on the sandbox’s port',
    strikes: ({ id, row, command }) =>
      id === 'sandbox:env'
        ? undefined
        : seeksSandbox({ exit: 13, code: 'E_UNREACHABLE', says: /sandbox at http:\/\/127/, hint: start })({
            id,
            row,
            command,
          }),
    arrange: async (stage) => {
      register(stage, await stage.strangeServer());
      return realContext(stage);
    },
    only: true,
  },
  {
    name: 'the sandbox hangs',
    // 2.5 seconds each, so three stand for all.
    strikes: ({ id }) => {
      if (id === 'status') return { exit: 13, code: 'E_UNREACHABLE', says: /does not answer/, hint: start };
      return id === 'sandbox:status' ? { exit: 0 } : undefined;
    },
    arrange: async (stage) => {
      register(stage, await stage.silentServer());
      return realContext(stage);
    },
    isLong: true,
    only: true,
  },
  {
    name: 'PLATFORM_SANDBOX is no URL of this machine',
    strikes: ({ command }) =>
      command.reaches === 'aws'
        ? { exit: 2, code: 'E_USAGE', says: /10\.1\.2\.3.*not on this machine/, hint: /127\.0\.0\.1/ }
        : undefined,
    arrange: (stage) => realContext(stage, 'http://10.1.2.3:4566'),
    only: true,
  },
  {
    name: 'PLATFORM_SANDBOX makes no sense',
    strikes: ({ command }) =>
      command.reaches === 'aws' ? { exit: 2, code: 'E_USAGE', says: /PLATFORM_SANDBOX/ } : undefined,
    arrange: (stage) => realContext(stage, 'banana'),
    only: true,
  },
  {
    name: 'several sandboxes are running',
    strikes: seeksSandbox({ exit: 2, code: 'E_USAGE', says: /several sandboxes/, hint: /PLATFORM_SANDBOX=http/ }),
    arrange: (stage) => {
      const folder = sandboxFolder(stage.state, process.getuid?.());
      writeEntry(folder, { ...stage.entry, id: 'second', endpoint: 'http://127.0.0.1:2' });
      return realContext(stage);
    },
    only: true,
  },
];
