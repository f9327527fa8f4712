/** Following logs in process: a tail over the rig's sandbox, what it wrote in order, and writers of made-up streams. */
import type { Block, LogEvent, Notice } from '../../src/lib/logs/model.js';
import type { LogsOptions } from '../../src/lib/logs/open-logs.js';
import type { LogsReport } from '../../src/lib/logs/report.js';
import { searchLogs } from '../../src/lib/logs/search-logs.js';
import { tailLogs } from '../../src/lib/logs/tail-logs.js';
import { type LogLine, putLogLines } from '../../src/lib/sandbox/services/logs/store.js';
import type { Rig } from '../operations/sandbox-rig.js';

export const region = 'eu-west-1';

export interface Reading {
  readonly events: LogEvent[];
  readonly blocks: Block[];
  readonly notices: Notice[];
  readonly stop: AbortController;
}

export const reading = (): Reading => ({ events: [], blocks: [], notices: [], stop: new AbortController() });

const ioOf = (into: Reading, write?: (blocks: readonly Block[]) => Promise<void>) => ({
  write: async (blocks: readonly Block[]) => {
    into.blocks.push(...blocks);
    for (const { head, rest } of blocks) into.events.push(head, ...rest);
    await write?.(blocks);
  },
  notice: (notice: Notice) => void into.notices.push(notice),
  signal: into.stop.signal,
});

const noOptions: LogsOptions = { services: [], events: 'without' };

export const tail = async (
  rig: Rig,
  into: Reading,
  request: {
    readonly how: 'once' | 'follow' | 'live';
    readonly options?: Partial<LogsOptions>;
    readonly write?: (blocks: readonly Block[]) => Promise<void>;
  },
): Promise<LogsReport> =>
  tailLogs(rig.ctx, {
    at: await rig.target(),
    options: { ...noOptions, ...request.options },
    how: request.how,
    io: ioOf(into, request.write),
  });

export const search = async (
  rig: Rig,
  into: Reading,
  options: Partial<LogsOptions> & { readonly order?: 'oldest-first' | 'newest-first' } = {},
): Promise<LogsReport> =>
  searchLogs(rig.ctx, {
    at: await rig.target(),
    options: { ...noOptions, order: 'oldest-first', ...options },
    io: ioOf(into),
  });

export const write = (
  rig: Rig,
  service: string,
  lines: readonly (string | LogLine)[],
  stream = `${service}/${service}/t1`,
): void => {
  putLogLines(rig.world, region, { group: `/ecs/shop-staging-${service}`, stream, lines });
};

export const messages = ({ events }: Pick<Reading, 'events'>): readonly string[] =>
  events.map(({ message }) => message);
