/** CloudWatch Logs, simulated. store.ts is the data, handlers.ts and read.ts the operations, live-tail.ts the stream. */
import type { Handler, ServiceModule } from '../../service.js';
import { settleTraffic } from '../../traffic.js';
import { logsOperations } from './handlers.js';
import { liveTailTick, liveTailTimer } from './live-tail.js';
import { groupNameOf } from './lookup.js';
import { defaultLogEvents, initialLogs } from './store.js';

const reads = new Set(['StartLiveTail', 'TestMetricFilter']);

/** Whoever looks at a group sees the requests of its services up to now (traffic.ts makes them up then). */
const afterTraffic =
  (handler: Handler): Handler =>
  (input, call) => {
    const group: unknown = input.logGroupIdentifier ?? input.logGroupName;
    if (typeof group === 'string') settleTraffic(call.world, call.region, { logGroups: [groupNameOf(group)] });
    return handler(input, call);
  };

const readers = ['GetLogEvents', 'FilterLogEvents', 'DescribeLogStreams'];

const operations: Readonly<Record<string, Handler>> = Object.fromEntries(
  Object.entries(logsOperations).map(([name, handler]) => [
    name,
    readers.includes(name) ? afterTraffic(handler) : handler,
  ]),
);

/** `logEvents`: events kept per stream. */
export const logsModule = (options: { readonly logEvents?: number } = {}): ServiceModule => ({
  id: 'logs',
  signingName: 'logs',
  target: 'Logs_20140328',
  loadSchema: () => import('@aws-sdk/client-cloudwatch-logs'),
  initial: () => ({ ...initialLogs(), logEvents: options.logEvents ?? defaultLogEvents }),
  operations,
  timers: { [liveTailTimer]: liveTailTick },
  limits: [
    { operations: ['FilterLogEvents'], perSecond: 5, burst: 5, code: 'ThrottlingException' },
    { operations: ['GetLogEvents'], perSecond: 10, burst: 10, code: 'ThrottlingException' },
    { operations: ['DescribeLogStreams'], perSecond: 25, burst: 25, code: 'ThrottlingException' },
    { operations: ['StartLiveTail'], perSecond: 3, burst: 3, code: 'ThrottlingException' },
  ],
  mutating: (operation) => !reads.has(operation) && !/^(Describe|List|Get|Filter)/.test(operation),
});
