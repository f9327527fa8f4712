/** The state that an alarm's datapoints ask for, and AWS's sentence for it. Pure. */
import type { AlarmConfiguration, AlarmStateValue } from './state.js';

export interface Datapoint {
  readonly at: number;
  readonly value: number;
}

export interface Verdict {
  readonly value: AlarmStateValue;
  /** A sentence; made only when the state changes. */
  readonly reason: () => string;
  /** The datapoints that counted, newest first. */
  readonly recent: readonly Datapoint[];
}

const comparisons = {
  GreaterThanThreshold: { holds: (a: number, b: number) => a > b, text: 'greater than' },
  GreaterThanOrEqualToThreshold: { holds: (a: number, b: number) => a >= b, text: 'greater than or equal to' },
  LessThanThreshold: { holds: (a: number, b: number) => a < b, text: 'less than' },
  LessThanOrEqualToThreshold: { holds: (a: number, b: number) => a <= b, text: 'less than or equal to' },
} as const;

export type SimpleComparison = keyof typeof comparisons;

export const isSimpleComparison = (name: string | undefined): name is SimpleComparison =>
  name !== undefined && Object.hasOwn(comparisons, name);

const comparisonOf = ({ comparison }: AlarmConfiguration) =>
  comparisons[isSimpleComparison(comparison) ? comparison : 'GreaterThanThreshold'];

const decimal = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

const moment = (at: number): string => {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  const [year = '', month = '', date = ''] = day.split('-');
  return `${date}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
};

/**
 * `points`: what there is in the evaluation range (somewhat more than the evaluation periods), newest first. When enough
 * are there the newest decide; what is missing otherwise is filled in as the alarm says.
 */
export const verdictOf = (
  configuration: AlarmConfiguration,
  current: AlarmStateValue,
  points: readonly Datapoint[],
): Verdict => {
  const { evaluationPeriods: periods, threshold } = configuration;
  const needed = configuration.datapointsToAlarm ?? periods;
  const comparison = comparisonOf(configuration);
  const recent = points.slice(0, periods);
  const breaching = recent.filter(({ value }) => comparison.holds(value, threshold)).length;
  const missing = periods - recent.length;
  const value = stateOf({ configuration, current, present: recent.length, breaching, missing, needed });
  const reason = (): string => reasonOf({ configuration, current, value, recent, breaching, missing, needed });
  return { value, recent, reason };
};

interface Counts {
  readonly configuration: AlarmConfiguration;
  readonly current: AlarmStateValue;
  readonly breaching: number;
  readonly missing: number;
  readonly needed: number;
}

const stateOf = (of: Counts & { readonly present: number }): AlarmStateValue => {
  const { breaching, missing, needed, present } = of;
  if (missing === 0) return breaching >= needed ? 'ALARM' : 'OK';
  switch (of.configuration.treatMissingData) {
    case 'breaching':
      return breaching + missing >= needed ? 'ALARM' : 'OK';
    case 'notBreaching':
      return breaching >= needed ? 'ALARM' : 'OK';
    case 'ignore':
      if (breaching >= needed) return 'ALARM';
      // Only when no filling of the gaps could make it an alarm.
      return present > 0 && breaching + missing < needed ? 'OK' : of.current;
    default:
      if (present === 0) return 'INSUFFICIENT_DATA';
      return breaching >= Math.min(needed, present) ? 'ALARM' : 'OK';
  }
};

const reasonOf = (of: Counts & { readonly value: AlarmStateValue; readonly recent: readonly Datapoint[] }): string => {
  const { configuration, recent, missing, needed } = of;
  const { evaluationPeriods: periods, threshold } = configuration;
  if (of.value === 'INSUFFICIENT_DATA')
    return `Insufficient Data: ${missing} datapoint${missing === 1 ? ' was' : 's were'} unknown.`;
  const treated = configuration.treatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching';
  if (recent.length === 0)
    return `Threshold Crossed: no datapoints were received for ${periods} period${periods === 1 ? '' : 's'} and ${missing} missing datapoint${missing === 1 ? ' was' : 's were'} treated as [${treated}].`;
  const isAlarm = of.value === 'ALARM';
  const said = isAlarm ? of.breaching : recent.length - of.breaching;
  const shown = recent.map(({ at, value }) => `${decimal(value)} (${moment(at)})`).join(', ');
  const verb = said === 1 ? 'was' : 'were';
  const enough = isAlarm ? needed : periods - needed + 1;
  const transition = isAlarm ? 'OK -> ALARM' : 'ALARM -> OK';
  return `Threshold Crossed: ${said} out of the last ${recent.length} datapoints [${shown}] ${verb} ${isAlarm ? '' : 'not '}${comparisonOf(configuration).text} the threshold (${decimal(threshold)}) (minimum ${enough} datapoint${enough === 1 ? '' : 's'} for ${transition} transition).`;
};
