/**
 * Resolves the references of a plan's values against a run's view, as plan.ts documents `Value`. `{$secret}` stays what it
 * is: only an action resolves it, at the last moment. Own properties only; what does not exist is null. Pure.
 */
import { PlatformError } from '../errors/platform-error.js';
import { type Json, sameJson } from '../plan/json.js';
import type { Expr, Value } from '../plan/plan.js';
import { chainOutcomes } from './chain-outcomes.js';
import type { RunView, StepView } from './view.js';

type Part = Json | undefined;

type ValueRecord = { readonly [key: string]: Value };

const recordOf = (value: Value): ValueRecord | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ValueRecord) : undefined;

const soleKey = (value: ValueRecord, key: string): boolean =>
  Object.keys(value).length === 1 && typeof value[key] === 'string';

export const resolveValue = (value: Value, view: RunView): Json => {
  if (Array.isArray(value)) return value.map((item: Value) => resolveValue(item, view));
  const record = recordOf(value);
  if (!record) return value as Json;
  if (soleKey(record, '$ref')) return resolveRef(String(record['$ref']), view);
  if (soleKey(record, '$secret')) return { $secret: String(record['$secret']) };
  return Object.fromEntries(Object.entries(record).map(([key, member]) => [key, resolveValue(member, view)]));
};

export const holds = (condition: Expr, view: RunView): boolean => {
  const found = resolveRef(condition.$ref, view);
  if ('equals' in condition) return sameJson(found, condition.equals);
  return condition.in.some((candidate) => sameJson(found, candidate));
};

/** Splits at dots outside brackets: `steps.update[api.v2].outputs.arn` has four parts. */
export const splitRef = (ref: string): readonly string[] => {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const char of ref) {
    if (char === '[') depth += 1;
    if (char === ']') depth -= 1;
    if (char === '.' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part];
};

export const resolveRef = (ref: string, view: RunView): Json => {
  const [root, name, ...rest] = splitRef(ref);
  switch (root) {
    case 'run':
      if (name === 'id' && rest.length === 0) return view.runId;
      break;
    case 'steps':
      return orNull(descend(partOfStep(view.steps.get(name ?? ''), rest[0]), rest.slice(1)));
    case 'chains':
      if (rest.length === 1 && rest[0] === 'outcome') return orNull(own(chainOutcomes(view), name ?? ''));
      break;
    default:
      break;
  }
  throw new PlatformError('E_BUG', `the plan has a reference that means nothing: ${ref}`);
};

/** `handle` is what an undo can name of a step that was accepted and never finished. */
const partOfStep = (step: StepView | undefined, part: string | undefined): Part => {
  if (!step) return undefined;
  switch (part) {
    case 'outputs':
      return step.outputs;
    case 'captured':
      return step.captured;
    case 'handle':
      return step.handle;
    case 'state':
      return step.state;
    case 'outcome':
      return step.outcome;
    default:
      return undefined;
  }
};

const own = (holder: unknown, key: string): Part =>
  typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? (holder as { readonly [key: string]: Json })[key]
    : undefined;

const descend = (value: Part, path: readonly string[]): Part => path.reduce<Part>(own, value);

const orNull = (value: Part): Json => value ?? null;
