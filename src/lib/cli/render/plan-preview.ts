/** A plan as lines for people: what --dry-run prints, and what is shown before a question. Pure. */
import type { Plan, Preview, Step } from '../../plan/plan.js';
import type { Line } from '../report.js';

const verbTones = {
  create: 'good',
  update: 'accent',
  delete: 'bad',
  read: 'dim',
  wait: 'dim',
  tag: 'dim',
  run: 'accent',
  check: 'dim',
} as const;

const isMutating = (step: Step): boolean => step.kind === 'action' && step.effect !== 'read';

export const planLines = (plan: Plan): readonly Line[] => [
  ...plan.steps.flatMap(stepLines),
  [
    {
      text: `${count(plan.steps.length, 'step')}, ${count(plan.steps.filter(isMutating).length, 'change')}`,
      tone: 'dim',
    },
  ],
];

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const stepLines = (step: Step): readonly Line[] => {
  switch (step.kind) {
    case 'action':
      return actionLines(step.preview, 'uses' in step.undo ? undefined : step.undo.none);
    case 'gate':
      return [[{ text: '  gate    ', tone: 'warn' }, { text: step.message }]];
    case 'manual':
      return [[{ text: '  person  ', tone: 'warn' }, { text: step.text }]];
  }
};

const actionLines = (preview: Preview, noUndo: string | undefined): readonly Line[] => {
  const note = preview.note === undefined ? '' : `  (${preview.note})`;
  const isChange = !['read', 'wait', 'check'].includes(preview.verb);
  return [
    [
      { text: `  ${preview.verb.padEnd(8)}`, tone: verbTones[preview.verb] },
      { text: preview.target },
      { text: note, tone: 'dim' },
    ],
    ...(preview.changes ?? []).map(
      ({ field, before, after }): Line => [
        { text: `            ${field}: `, tone: 'dim' },
        { text: before === undefined ? after : `${before} → ${after}` },
      ],
    ),
    ...(isChange && noUndo !== undefined
      ? [[{ text: `            cannot be undone: ${noUndo}`, tone: 'dim' } as const]]
      : []),
  ];
};
