/** Plans for simulated operators: one or two chains of writes, changes, gates and manual steps, some of which fail. */
import type { ActionStep, Plan, Scope, Step } from '../../src/lib/plan/plan.js';
import type { Dice } from './engine-simulation-net.js';
import { actionStep, planOf, undoByRestore, undoBySet } from './engine-synthetic.js';

interface RandomPlan {
  readonly runId: string;
  readonly dice: Dice;
  readonly values: Readonly<Record<string, string>>;
  readonly now: number;
}

type Policy = Pick<ActionStep, 'onError' | 'undoScope'>;

const policyOf = (dice: Dice): Policy => ({
  onError: dice.pick(['abort', 'continue', 'pause', 'undo', 'undo', 'undo']),
  undoScope: dice.pick(['chain', 'chain', 'run']),
});

const person = (request: RandomPlan, chain: string): readonly Step[] => {
  const { dice } = request;
  const base = { title: 'a person decides', needs: [], chain };
  if (dice.chance(0.08)) return [{ ...base, kind: 'gate', id: `gate[${chain}]`, message: 'go on?', approvals: 1 }];
  if (dice.chance(0.05)) {
    return [{ ...base, kind: 'manual', id: `manual[${chain}]`, text: 'turn the key', undo: { none: 'by hand' } }];
  }
  return [];
};

/** Resources of a chain are its own, so two services can be changed side by side. */
const chainOf = (request: RandomPlan, chain: string, resources: readonly [string, string]): readonly Step[] => {
  const { runId, dice, values } = request;
  const [config, service] = resources;
  const policy = policyOf(dice);
  const before = person(request, chain);
  const needs = before.map((step) => step.id);
  const expects = (resource: string) => (dice.chance(0.5) ? { expects: values[resource] ?? null } : {});
  const set = `set[${chain}]`;
  const update = `update[${chain}]`;
  const value = `${dice.chance(0.15) ? 'bad-' : ''}${runId}`;
  return [
    ...before,
    actionStep(runId, set, {
      chain,
      needs,
      uses: 'syn.set@1',
      with: { resource: config, value: runId },
      undo: undoBySet(set, config),
      ...policy,
      ...expects(config),
    }),
    actionStep(runId, update, {
      chain,
      needs: [set],
      uses: 'syn.deploy@1',
      with: { resource: service, value },
      undo: undoByRestore(update, service),
      ...policy,
      ...expects(service),
    }),
    ...(dice.chance(0.4)
      ? [actionStep(runId, `tell[${chain}]`, { chain, needs: [update], uses: 'syn.notify@1', with: { text: runId } })]
      : []),
  ];
};

export const randomPlan = (request: RandomPlan): Plan => {
  const { runId, dice, now } = request;
  const first = { chain: 'first', resources: ['a', 'b'] } as const;
  const second = { chain: 'second', resources: ['c', 'd'] } as const;
  const chains = dice.chance(0.25) ? [first, second] : dice.chance(0.5) ? [first] : [second];
  const locks: readonly Scope[] = dice.chance(0.4)
    ? [{ kind: 'environment' }]
    : chains.map(({ chain }) => ({ kind: 'service', service: chain }));
  return planOf({
    runId,
    now,
    locks,
    maxParallel: dice.between(1, 3),
    steps: chains.flatMap(({ chain, resources }) => chainOf(request, chain, resources)),
    finally: dice.chance(0.3)
      ? [actionStep(runId, 'tag', { chain: 'last', uses: 'syn.notify@1', with: { text: 'ended' } })]
      : [],
  });
};
