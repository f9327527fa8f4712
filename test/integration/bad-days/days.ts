/**
 * The bad days. Each says which commands it strikes, by what they need, and what they owe then; every other command must
 * end as on a good day. Days about clocks and interrupted answers are in their own files: they need the good day's effects
 * to compare with.
 */
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { HttpResponse } from '@smithy/core/transport';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { HttpTransport } from '../../../src/lib/aws/create-clients.js';
import { createContext } from '../../../src/lib/context/create-context.js';
import type { Disk } from '../../../src/lib/engine/journal/disk.js';
import { type FileJournalOptions, fileJournalStore } from '../../../src/lib/engine/journal/file-journal.js';
import { nodeDisk } from '../../../src/lib/engine/journal/node-disk.js';
import type { ErrorCode } from '../../../src/lib/errors/codes.js';
import type { Target } from '../../../src/lib/plan/plan.js';
import { holdLock, livingWriter, sampleId, samplePlan, writeRun } from '../../helpers/sample-runs.js';
import type { CommandRow, Need } from './command-rows.js';
import type { Scene, Stage } from './stage.js';

export interface Expected {
  readonly exit: number | readonly number[];
  readonly code?: ErrorCode | readonly ErrorCode[];
  /** In the message or a hint. */
  readonly says?: RegExp;
  readonly hint?: RegExp;
}

export interface Struck {
  readonly id: string;
  readonly row: CommandRow;
  /** Calls to AWS that the command makes on a good day. */
  readonly usualCalls: number;
}

export interface Day {
  readonly name: string;
  /** What it owes; undefined when this day does not concern it. */
  readonly strikes: (struck: Struck) => Expected | undefined;
  readonly arrange: (stage: Stage, struck: Struck) => Scene | Promise<Scene>;
  /** Journals are broken on purpose, so they do not verify. */
  readonly breaksJournals?: true;
  /** Others are not tried: what the day does has nothing to do with them. */
  readonly only?: true;
  /** Runs wait for as long as a step may take, at the cost of many calls: told as JSON only. */
  readonly isLong?: true;
}

const needs = (row: CommandRow, ...wanted: readonly Need[]): boolean => wanted.some((need) => row.needs.includes(need));

const readsConfig = (row: CommandRow): boolean => needs(row, 'config', 'target');
const choosesEnvironment = (row: CommandRow): boolean => needs(row, 'environment', 'target');
const callsAws = (row: CommandRow): boolean => needs(row, 'target', 'aws');

const when =
  (concerns: (row: CommandRow) => boolean, expected: Expected): Day['strikes'] =>
  ({ row }) =>
    concerns(row) ? expected : undefined;

const nothing = (): Scene => ({});

const edited =
  (change: (yaml: string) => string): Day['arrange'] =>
  (stage) => {
    const file = join(stage.cwd, 'platform.yaml');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    return {};
  };

const configDays: readonly Day[] = [
  {
    name: 'there is no platform.yaml',
    strikes: when(readsConfig, {
      exit: 3,
      code: 'E_NO_CONFIG',
      says: /no platform\.yaml in/,
      hint: /^platform init$/m,
    }),
    arrange: (stage) => {
      rmSync(join(stage.cwd, 'platform.yaml'));
      return {};
    },
  },
  {
    name: '--config names a file that is not there',
    strikes: when(readsConfig, { exit: 3, code: 'E_NO_CONFIG', says: /nowhere\.yaml/, hint: /^platform init$/m }),
    arrange: () => ({ argv: (argv) => [...argv, '--config', 'nowhere.yaml'] }),
  },
  {
    name: 'platform.yaml is not YAML',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /platform\.yaml:\d+:\d+ / }),
    arrange: edited((yaml) => yaml.replace('services:', 'services: {')),
  },
  {
    name: 'platform.yaml has an unknown key',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /platform\.yaml:2:1 .*projekt[\s\S]*project/ }),
    arrange: edited((yaml) => yaml.replace('project:', 'projekt:')),
  },
  {
    name: 'platform.yaml is a folder',
    strikes: when(readsConfig, { exit: 3, code: ['E_CONFIG', 'E_NO_CONFIG'], says: /platform\.yaml/ }),
    arrange: (stage) => {
      rmSync(join(stage.cwd, 'platform.yaml'));
      symlinkSync(stage.cwd, join(stage.cwd, 'platform.yaml'));
      return {};
    },
  },
  {
    name: 'a task definition is gone',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /task-definitions\/api\.json/ }),
    arrange: (stage) => {
      rmSync(join(stage.cwd, 'task-definitions', 'api.json'));
      return {};
    },
  },
  {
    name: 'a variable is not set',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /OWNER/ }),
    arrange: edited((yaml) => `${yaml.replace('region: eu-west-1', 'region: ${{ env.OWNER }}')}variables: [OWNER]\n`),
  },
  {
    name: 'the environment does not exist',
    strikes: when(choosesEnvironment, { exit: 5, code: 'E_NOT_FOUND', says: /nowhere[\s\S]*staging/ }),
    arrange: () => ({ argv: (argv) => [...argv, '--env', 'nowhere'] }),
    only: true,
  },
  {
    name: 'several environments and none is chosen',
    strikes: when(choosesEnvironment, {
      exit: 2,
      code: 'E_ENVIRONMENT_CHOICE',
      says: /staging/,
      hint: /^--env staging$/m,
    }),
    arrange: edited((yaml) => yaml.replace('defaultEnvironment: staging\n', '')),
  },
  {
    name: 'the service does not exist',
    strikes: ({ row }) =>
      row.unknownService === undefined ? undefined : { exit: 5, code: 'E_NOT_FOUND', says: /nobody[\s\S]*api/ },
    arrange: (_stage, { id, row }) => ({
      argv: () => row.unknownService?.split(' ').slice(id.split(':').length) ?? [],
    }),
    only: true,
  },
];

/** Everything of AWS that this process might find, out of reach. */
const noCredentials = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nowhere',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
};

const answering = (answer: () => HttpResponse): HttpTransport =>
  ({
    metadata: { handlerProtocol: 'http/1.1' },
    destroy: () => undefined,
    handle: async () => ({ response: answer() }),
  }) as HttpTransport;

const refusedConnection = (): never => {
  const facts = { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' };
  throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:443'), facts);
};

const proxyPage = (statusCode: number): HttpResponse =>
  new HttpResponse({
    statusCode,
    headers: { 'content-type': 'text/html' },
    body: Buffer.from('<html><body>Please log in to this network.</body></html>'),
  });

/** A run that is under way waits as long as its steps may take, and can be gone on with; an undo says what is left. */
const unreachable =
  (since: 'start' | 'middle'): Day['strikes'] =>
  ({ id, row }) => {
    if (!callsAws(row)) return undefined;
    if (id === 'runs:undo') return { exit: [8, 10, 13], says: /ECONNREFUSED|AWS/ };
    if (needs(row, 'engine') && (since === 'middle' || needs(row, 'run')))
      return { exit: [10, 12, 13], says: /ECONNREFUSED|AWS/ };
    return { exit: 13, code: 'E_UNREACHABLE', hint: /network/ };
  };

const half = ({ usualCalls }: Struck): number => Math.max(1, Math.ceil(usualCalls / 2));

const awsDays: readonly Day[] = [
  {
    name: 'the credentials are for another account',
    strikes: when((row) => needs(row, 'target'), {
      exit: 4,
      code: 'E_CREDENTIALS',
      says: /123456789012[\s\S]*999999999999/,
      hint: /AWS_PROFILE/,
    }),
    arrange: (stage) => {
      edited((yaml) => yaml.replace('  staging:\n', '  staging:\n    aws: { account: "999999999999" }\n'))(
        stage,
        {} as Struck,
      );
      return { ctx: (ctx) => ({ ...ctx, place: { kind: 'aws' } }) };
    },
    only: true,
  },
  {
    name: 'there are no credentials',
    strikes: when((row) => needs(row, 'target'), { exit: 4, code: 'E_CREDENTIALS', hint: /AWS_PROFILE|--sandbox/ }),
    arrange: () => ({
      env: noCredentials,
      access: { kind: 'aws', sessionName: 'test' },
      ctx: (ctx) => ({ ...ctx, place: { kind: 'aws' } }),
    }),
    only: true,
  },
  {
    name: 'the credentials expire in the middle',
    strikes: when(callsAws, {
      exit: 4,
      code: 'E_CREDENTIALS',
      says: /expired/i,
      hint: /log in|AWS_PROFILE|runs resume/,
    }),
    arrange: (stage, struck) => ({
      beforeCall: ({ number }) => {
        if (number === half(struck)) stage.rig.fault({ kind: 'expire-credentials', operation: '*' });
      },
    }),
    only: true,
  },
  {
    name: 'a permission is missing',
    strikes: when(callsAws, { exit: 4, code: 'E_DENIED', says: /not authorized to perform: \w+:\w+/ }),
    arrange: (stage) => {
      stage.rig.fault({ kind: 'deny', operation: '*' });
      return {};
    },
    only: true,
  },
  {
    name: 'AWS cannot be reached',
    isLong: true,
    strikes: unreachable('start'),
    arrange: () => ({ transport: () => answering(refusedConnection) }),
    only: true,
  },
  {
    name: 'AWS cannot be reached any more, from the middle on',
    isLong: true,
    strikes: unreachable('middle'),
    arrange: (_stage, struck) => ({
      beforeCall: ({ number }) => {
        if (number >= half(struck)) refusedConnection();
      },
    }),
    only: true,
  },
  {
    name: 'a proxy answers instead of AWS',
    isLong: true,
    strikes: unreachable('start'),
    arrange: () => ({ transport: () => answering(() => proxyPage(200)) }),
    only: true,
  },
  {
    name: 'a gateway before AWS is down',
    isLong: true,
    strikes: unreachable('start'),
    arrange: () => ({ transport: () => answering(() => proxyPage(502)) }),
    only: true,
  },
];

export const days: readonly Day[] = [...configDays, ...awsDays];
void nothing;
void createServer;
void (0 as unknown as AddressInfo);
void NodeHttpHandler;
void createContext;
void fileJournalStore;
void nodeDisk;
void dirname;
void chmodSync;
void readdirSync;
void renameSync;
void holdLock;
void livingWriter;
void samplePlan;
void sampleId;
void writeRun;

export type { Disk, FileJournalOptions, Target };
