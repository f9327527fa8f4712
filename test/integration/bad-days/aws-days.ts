/** Days on which AWS refuses, is away, or answers badly. */

import { HttpResponse } from '@smithy/core/transport';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { HttpTransport } from '../../../src/lib/aws/create-clients.js';
import { asUsual, callsAws, type Day, editConfig, needs, type Struck, when } from './day.js';

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

const onceForEachChange =
  (kind: 'fail-after-write' | 'lose-answer'): Day['arrange'] =>
  (stage, { usualChanges }) => {
    for (const operation of new Set(usualChanges)) stage.rig.fault({ kind, operation: `*:${operation}`, count: 1 });
    return {};
  };

/** A run that is under way waits as long as its steps may take, and can be gone on with; an undo says what is left. */
const unreachable =
  (since: 'start' | 'middle'): Day['strikes'] =>
  ({ id, row }) => {
    if (!callsAws(row)) return undefined;
    // It adopts what it could see, and asks about the rest.
    if (id === 'adopt' && since === 'middle') return { exit: [0, 13] };
    if (id === 'runs:undo') return { exit: [8, 10, 13], says: /ECONNREFUSED|AWS/ };
    if (needs(row, 'engine') && (since === 'middle' || needs(row, 'run')))
      return { exit: [10, 12, 13], says: /ECONNREFUSED|AWS/ };
    return { exit: 13, code: 'E_UNREACHABLE', hint: /network/ };
  };

const half = ({ usualCalls }: Struck): number => Math.max(1, Math.ceil(usualCalls / 2));

export const awsDays: readonly Day[] = [
  {
    name: 'the credentials are for another account',
    strikes: when((row) => needs(row, 'target'), {
      exit: 4,
      code: 'E_CREDENTIALS',
      says: /123456789012[\s\S]*999999999999/,
      hint: /AWS_PROFILE/,
    }),
    arrange: (stage) => {
      editConfig(stage, (yaml) => yaml.replace('  staging:\n', '  staging:\n    aws: { account: "999999999999" }\n'));
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
  {
    name: 'AWS accepts the connection and never answers',
    // A run's own reads are patient: they would wait as long as a step may take, in real time.
    strikes: ({ row }) =>
      needs(row, 'target') ? { exit: 13, code: 'E_UNREACHABLE', says: /time/i, hint: /network/ } : undefined,
    arrange: async (stage) => {
      const endpoint = await stage.silentServer();
      const handler = new NodeHttpHandler({ connectionTimeout: 200, requestTimeout: 60, throwOnRequestTimeout: true });
      return {
        access: { kind: 'sandbox', endpoint, accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
        transport: () => handler as unknown as HttpTransport,
      };
    },
    isLong: true,
    only: true,
  },
  {
    name: 'AWS throttles 20 % of all calls',
    strikes: ({ row }) => (callsAws(row) ? asUsual(row) : undefined),
    arrange: (stage) => {
      stage.rig.fault({ kind: 'throttle', operation: '*', percent: 20 });
      return {};
    },
    sameWorld: true,
    isLong: true,
    only: true,
  },
  {
    name: 'every change is done and answered with 500',
    strikes: ({ row }) => (needs(row, 'engine') ? asUsual(row) : undefined),
    arrange: onceForEachChange('fail-after-write'),
    sameWorld: true,
    isLong: true,
    only: true,
  },
  {
    name: 'the answer to every change is lost',
    strikes: ({ row }) => (needs(row, 'engine') ? asUsual(row) : undefined),
    arrange: onceForEachChange('lose-answer'),
    sameWorld: true,
    isLong: true,
    only: true,
  },
  {
    name: 'a tenth of all reads fails with 500',
    strikes: ({ row }) => (callsAws(row) ? asUsual(row) : undefined),
    arrange: (stage) => {
      for (const operation of ['*:Describe*', '*:List*', '*:Get*'])
        stage.rig.fault({ kind: 'fail', operation, percent: 10 });
      return {};
    },
    sameWorld: true,
    isLong: true,
    only: true,
  },
];
