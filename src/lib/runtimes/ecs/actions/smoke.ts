/** The smoke test after every strategy: a few tries, one verdict. It only reads; a failure takes the release back. */
import { z } from 'zod';
import { type Action, ActionError, type ActionIo } from '../../../engine/action.js';
import type { JsonObject } from '../../../plan/json.js';
import type { Uses } from '../../../plan/plan.js';
import { parseInput } from '../parse.js';
import type { EcsPorts, SmokeResult } from '../ports.js';

/** Between two tries, in AWS time. */
const pauseMs = 5_000;

const tries = { timeoutMs: z.int().positive(), attempts: z.int().min(1) };

const httpSchema = z.object({
  ...tries,
  url: z.string().min(1),
  expectStatus: z.int(),
  loadBalancer: z.object({ name: z.string(), port: z.int() }).optional(),
});

const commandSchema = z.object({ ...tries, argv: z.array(z.string()).min(1) });

type Tries = { readonly timeoutMs: number; readonly attempts: number };
type HttpInput = Tries & {
  readonly url: string;
  readonly expectStatus: number;
  readonly loadBalancer?: { readonly name: string; readonly port: number };
};
type CommandInput = Tries & { readonly argv: readonly string[] };
type Output = { readonly what: string; readonly attempts: number; readonly lastResult: string };
type Io = ActionIo<EcsPorts>;

const attempt = async (
  io: Io,
  input: Tries & { readonly what: string },
  once: () => Promise<SmokeResult>,
): Promise<Output> => {
  const { what, attempts } = input;
  let lastResult = '';
  for (let count = 1; count <= attempts; count += 1) {
    const { passed, result } = await once();
    if (passed) return { what, attempts: count, lastResult: result };
    lastResult = result;
    if (count < attempts) await io.ports.clock.sleep(pauseMs, io.signal);
  }
  const smoke = { what, attempts, lastResult };
  await io.observe({ smoke });
  throw new ActionError({
    class: 'assert',
    code: 'smoke-failed',
    message: `the smoke test ${what} failed ${attempts === 1 ? 'at its only attempt' : `${attempts} times`}: ${lastResult}`,
    details: { smoke },
  });
};

const smokeAction = <I extends Tries & JsonObject>(options: {
  readonly uses: Uses;
  readonly schema: z.ZodType;
  readonly whatOf: (input: I) => string;
  readonly once: (io: Io, input: I) => Promise<SmokeResult>;
}): Action<EcsPorts, I, never, never, Output> => ({
  uses: options.uses,
  effect: 'read',
  settleMs: 0,
  parse: (input) => parseInput(options.uses, options.schema, input) as I,
  start: async (io, input) => {
    const outputs = await attempt(io, { ...input, what: options.whatOf(input) }, () => options.once(io, input));
    return { kind: 'done', outputs, post: null };
  },
});

export const smokeHttp = smokeAction<HttpInput>({
  uses: 'smoke.http@1',
  schema: httpSchema,
  whatOf: (input) => `GET ${input.url}`,
  once: (io, { url, expectStatus, timeoutMs, loadBalancer }) =>
    io.ports.smoke.http({ url, expectStatus, timeoutMs, loadBalancer, signal: io.signal }),
});

export const smokeCommand = smokeAction<CommandInput>({
  uses: 'smoke.command@1',
  schema: commandSchema,
  whatOf: (input) => input.argv.join(' '),
  once: (io, { argv, timeoutMs }) => io.ports.smoke.command({ argv, timeoutMs, signal: io.signal }),
});
