/** Every command of the manifest meets every bad day (…-days.ts), as text, as JSON and, where it streams, as NDJSON. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../src/lib/plan/json.js';
import { locateRuns } from '../../../src/lib/runs/locate-runs.js';
import { readRun } from '../../../src/lib/runs/run-record.js';
import { verifyRun } from '../../../src/lib/runs/verify-run.js';
import { commands } from '../../helpers/manifest.js';
import { projectServices } from '../../operations/projection.js';
import { awsDays } from './aws-days.js';
import { type CommandRow, commandRows } from './command-rows.js';
import { configDays } from './config-days.js';
import { type Day, type Expected, type Struck, withFlags } from './day.js';
import { halfWritten, type Mode, problemsOf, toldIn } from './promises.js';
import { sandboxDays } from './sandbox-days.js';
import { type Ending, openStage, type Stage, services, wordsFor } from './stage.js';
import { stateDays } from './state-days.js';

let stage: Stage;
interface Usual {
  readonly calls: number;
  readonly changes: readonly string[];
  readonly world: Json;
}
/** What each command does on a good day. */
const usual = new Map<string, Usual>();

const flagsOf: Readonly<Record<Mode, readonly string[]>> = {
  text: [],
  json: ['--json'],
  ndjson: ['--output', 'ndjson'],
};

const rows = commands().flatMap((command) => {
  const row = commandRows[command.id];
  return row === undefined ? [] : [{ command, row, id: command.id }];
});

const struckOf = ({ id, row, command }: (typeof rows)[number]): Struck => ({
  id,
  row,
  command,
  usualCalls: usual.get(id)?.calls ?? 0,
  usualChanges: usual.get(id)?.changes ?? [],
});

/** To say the same again about a tag changes nothing, so it is repeated when its answer is lost. */
const repeatable = new Set(['TagResource', 'UntagResource']);

/** Changes that were asked for, answered or not. */
const changes = (): readonly string[] =>
  stage.rig.world.state.timeline.flatMap((entry) =>
    entry.kind === 'call' && entry.mutating && entry.error !== 'ThrottlingException' ? [entry.operation] : [],
  );

const onceOnly = (operations: readonly string[]): readonly string[] =>
  operations.filter((operation) => !repeatable.has(operation)).sort();

const worldNow = (): Promise<Json> => stage.rig.drive(projectServices(stage.rig, services));

const meetOn = async (day: Day | undefined, struck: Struck, mode: Mode): Promise<Ending> => {
  await stage.morning();
  const scene = (await day?.arrange(stage, struck)) ?? {};
  const argv = scene.argv;
  return stage.meet(wordsFor(stage, struck.row.argv), {
    ...scene,
    argv: (rest) => withFlags(argv?.(rest) ?? rest, flagsOf[mode]),
  });
};

/** Whatever happened, every journal tells one whole history. */
const verifyAll = async (): Promise<readonly string[]> => {
  const { ctx } = stage.rig;
  const problems = (await locateRuns(ctx)).map(async (run) => {
    try {
      verifyRun(await readRun(ctx, run));
      return [];
    } catch (error) {
      return [`run ${run.runId}: ${String(error)}`];
    }
  });
  return (await Promise.all(problems)).flat();
};

const wrongIn = (ending: Ending, expected: Expected, mode: Mode): readonly string[] => {
  const told = toldIn(ending, mode);
  const exits = [expected.exit].flat();
  const codes = expected.code === undefined ? [] : [expected.code].flat();
  const hints = told?.hints.join('\n') ?? '';
  const said = `${told?.message ?? ''}\n${hints}\n${told?.next.join('\n') ?? ''}`;
  return [
    ...(exits.includes(ending.exitCode) ? [] : [`exit ${ending.exitCode}, promised was ${exits.join(' or ')}`]),
    ...(mode === 'text' || codes.length === 0 || codes.some((code) => code === told?.code)
      ? []
      : [`code ${String(told?.code)}, promised was ${codes.join(' or ')}`]),
    ...(expected.says === undefined || expected.says.test(said) ? [] : [`it does not say ${expected.says}: ${said}`]),
    ...(expected.hint === undefined || expected.hint.test(`${hints}\n${told?.next.join('\n') ?? ''}`)
      ? []
      : [`no hint like ${expected.hint}: ${said}`]),
  ];
};

beforeAll(async () => {
  stage = await openStage();
  for (const row of rows) {
    const { calls } = await meetOn(undefined, struckOf(row), 'json');
    usual.set(row.id, { calls, changes: changes(), world: await worldNow() });
  }
}, 120_000);
afterAll(() => stage.dispose());

describe('this suite', () => {
  it.each(commands().map(({ id }) => id))('has a row for %s (test/integration/bad-days/command-rows.ts)', (id) => {
    expect(commandRows[id], `say how ${id} is typed and what it needs in command-rows.ts`).toBeDefined();
  });
});

interface Trying {
  readonly row: CommandRow;
  readonly streams: boolean;
  readonly isStruck: boolean;
}

/** A run is the same run however it is told, and it costs a hundred calls: NDJSON is tried on the good day. */
const modesOf = (day: Day, { row, streams, isStruck }: Trying): readonly Mode[] => {
  if (day === goodDay) return streams ? ['text', 'json', 'ndjson'] : ['text', 'json'];
  if (!isStruck) return ['json'];
  if (row.needs.includes('engine')) return day.isLong ? ['json'] : ['text', 'json'];
  return streams ? ['text', 'json', 'ndjson'] : ['text', 'json'];
};

const goodDay: Day = { name: 'a good day', strikes: () => undefined, arrange: () => ({}) };

describe.each(
  [goodDay, ...configDays, ...awsDays, ...sandboxDays, ...stateDays].map((day) => [day.name, day] as const),
)('%s', (_name, day) => {
  const concerned = rows.flatMap((each) => {
    const { command, id, row } = each;
    const expected = day.strikes(each);
    if (expected === undefined && day.only) return [];
    const modes = modesOf(day, {
      row,
      streams: command.flags['output'] !== undefined,
      isStruck: expected !== undefined,
    });
    return [[id, each, { expected: expected ?? { exit: row.exit ?? 0 }, modes }] as const];
  });

  it.each(concerned)('%s', async (id, each, { expected, modes }) => {
    const { row } = each;
    for (const mode of modes) {
      const ending = await meetOn(day, struckOf(each), mode);
      const problems = [...wrongIn(ending, expected, mode), ...problemsOf(ending, { id, mode })];
      problems.push(...halfWritten(stage.cwd, stage.state));
      const saw = `${mode}, exit ${ending.exitCode}\n${ending.stdout}${ending.stderr}`;
      expect(problems, saw).toEqual([]);
      if (row.needs.includes('engine') && !day.breaksJournals) expect(await verifyAll(), saw).toEqual([]);
      if (day.sameWorld && ending.exitCode === (row.exit ?? 0)) {
        expect(onceOnly(changes()), saw).toEqual(onceOnly(usual.get(id)?.changes ?? []));
        expect(await worldNow(), saw).toEqual(usual.get(id)?.world);
      }
    }
  });
});
