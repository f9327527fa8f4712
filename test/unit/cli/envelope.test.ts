import { Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { errorEnvelope, reportEnvelope, schemaOf } from '../../../src/lib/cli/envelope.js';
import { presentError } from '../../../src/lib/cli/present-error.js';
import { envelopeSchema } from '../../../src/lib/cli/result-schemas.js';
import { type ExitCode, errorCodes, exitCodes } from '../../../src/lib/errors/codes.js';
import { PlatformError } from '../../../src/lib/errors/platform-error.js';

const facts = { command: 'runs list', warnings: [] };

describe('the JSON envelope', () => {
  it.each(
    Object.keys(exitCodes).map((code) => Number(code) as ExitCode),
  )('is ok exactly for 0 and 11, and has an error exactly otherwise: %d', (exitCode) => {
    const envelope = reportEnvelope({ result: { runs: [] }, lines: [], exitCode }, facts);
    expect(envelope.ok).toBe(exitCode === 0 || exitCode === 11);
    expect(envelope.error === undefined).toBe(envelope.ok);
    expect(envelope.exitCode).toBe(exitCode);
    expect(envelopeSchema.safeParse(envelope).success).toBe(true);
  });

  it.each([0, 3, 11, 42])('hands on the code of a command in a container, and only 0 is ok: %d', (passThrough) => {
    const envelope = reportEnvelope({ result: {}, lines: [], exitCode: 0, passThrough }, facts);
    expect(envelope).toMatchObject({ exitCode: passThrough, ok: passThrough === 0 });
    expect(envelope.error?.code).toBe(passThrough === 0 ? undefined : 'E_COMMAND_FAILED');
    expect(envelopeSchema.safeParse(envelope).success).toBe(true);
  });

  it('names its schema after the command', () => {
    expect(schemaOf('runs list')).toBe('platform.runs.list/1');
    expect(schemaOf('deploy')).toBe('platform.deploy/1');
  });

  it('keeps result, run id and next steps on failure', () => {
    const envelope = reportEnvelope(
      {
        result: { services: [] },
        lines: [],
        exitCode: 7,
        runId: '01abc',
        next: [{ command: 'platform runs show 01abc', why: 'see why' }],
        error: { code: 'E_ROLLED_BACK', message: 'api was rolled back' },
      },
      { ...facts, warnings: [{ code: 'W_ONE', message: 'first' }] },
    );
    expect(envelope).toMatchObject({ ok: false, exitCode: 7, runId: '01abc', result: { services: [] } });
    expect(envelope.error).toEqual({ code: 'E_ROLLED_BACK', message: 'api was rolled back', hints: [] });
    expect(envelope.warnings).toHaveLength(1);
    expect(envelope.next).toHaveLength(1);
  });
});

describe('errors as they are presented', () => {
  it.each(Object.entries(errorCodes))('%s ends with its exit code', async (code, { exit }) => {
    const error = new PlatformError(code as keyof typeof errorCodes, 'what happened');
    const presented = await presentError(error, { command: 'deploy' });
    expect(presented).toMatchObject({ code, exitCode: exit, message: 'what happened' });
    expect(envelopeSchema.safeParse(errorEnvelope(presented, facts)).success).toBe(true);
  });

  it('makes a usage error of what the parser refuses, without its closing words', async () => {
    const error: unknown = await Parser.parse(['--x'], { flags: {}, args: {} }).catch((thrown: unknown) => thrown);
    const presented = await presentError(error, { command: 'deploy' });
    expect(presented).toEqual({
      code: 'E_USAGE',
      exitCode: 2,
      message: 'Nonexistent flag: --x',
      hints: ['platform deploy --help'],
    });
  });

  it('makes a bug of anything unknown', async () => {
    for (const thrown of [new TypeError('x is not a function'), 'a string', undefined]) {
      expect(await presentError(thrown, { command: 'deploy' })).toMatchObject({ code: 'E_BUG', exitCode: 1 });
    }
  });

  it('makes 130 and 143 of an aborted wait, by the signal that came', async () => {
    const aborted = Object.assign(new Error('The operation was aborted'), { name: 'AbortError' });
    expect(await presentError(aborted, { command: 'x', signal: 'SIGINT' })).toMatchObject({ exitCode: 130 });
    expect(await presentError(aborted, { command: 'x', signal: 'SIGTERM' })).toMatchObject({ exitCode: 143 });
    expect(await presentError(aborted, { command: 'x' })).toMatchObject({ exitCode: 1 });
  });

  it('translates an AWS error that nobody translated', async () => {
    const denied = Object.assign(new Error('not authorized'), {
      name: 'AccessDeniedException',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    });
    expect(await presentError(denied, { command: 'x' })).toMatchObject({ code: 'E_DENIED', exitCode: 4 });
  });
});
