/** Schemas of the results of `runs` commands: the contract behind docs/schemas. */
import { z } from 'zod';

const state = z.enum([
  'planned',
  'awaiting-approval',
  'running',
  'succeeded',
  'failed',
  'paused',
  'undoing',
  'undone',
  'undo-failed',
  'abandoned',
  'interrupted',
]);

const summary = z.object({
  id: z.string(),
  command: z.string(),
  environment: z.string(),
  services: z.array(z.string()),
  state,
  outcome: z.string().optional(),
  exit: z.int().optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  seconds: z.number(),
  by: z.string(),
  reason: z.string().optional(),
});

const unreadable = z.object({
  id: z.string(),
  environment: z.string(),
  state: z.literal('unreadable'),
  reason: z.string(),
});

export const runsListSchema = z.object({ runs: z.array(z.union([summary, unreadable])) });

export const runShowSchema = summary.extend({
  steps: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.string(),
      attempt: z.int(),
      outcome: z.string().optional(),
      error: z.unknown().optional(),
      outputs: z.unknown().optional(),
      undo: z.string().optional(),
      startedAt: z.string().optional(),
      endedAt: z.string().optional(),
    }),
  ),
  cards: z.array(z.unknown()),
  events: z.array(
    z.object({ seq: z.int(), at: z.string(), type: z.string(), step: z.string().optional(), by: z.string() }),
  ),
  planDigest: z.string(),
});

export const runVerifySchema = z.object({
  id: z.string(),
  events: z.int(),
  epochs: z.int(),
  writers: z.array(z.string()),
  head: z.string(),
});
