import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandOutput } from '../../../src/lib/cli/command-output.js';
import {
  errorAnnotations,
  errorSummary,
  groupStart,
  overallOutcome,
  stepOutputs,
  stepSummary,
  warningAnnotation,
} from '../../../src/lib/cli/github.js';
import { noteGroup, printerFor } from '../../../src/lib/cli/print-report.js';
import { loadProject } from '../../../src/lib/config/load.js';
import type { PlatformError } from '../../../src/lib/errors/platform-error.js';
import { shopFiles, shopYaml, tempProject } from '../../helpers/temp-project.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const folder = tempProject();
afterAll(() => folder.remove());

const caught = (work: () => unknown): PlatformError => {
  try {
    work();
  } catch (error) {
    return error as PlatformError;
  }
  throw new Error('it did not throw');
};

describe('annotations', () => {
  it('stand at the very places of a configuration, named from the root of the checkout', () => {
    for (const [name, text] of Object.entries(shopFiles)) folder.write(`apps/shop/${name}`, text);
    folder.write(
      'apps/shop/platform.yaml',
      shopYaml.replace('port: 3000', 'prt: 3000').replace('deadline: 10m', 'deadline: soon'),
    );
    const cwd = join(folder.root, 'apps/shop/task-definitions');
    mkdirSync(cwd, { recursive: true });
    const env = { GITHUB_WORKSPACE: folder.root, HOME: folder.root, STAGE_PORT: '1', OWNER: 'x' };
    const error = caught(() => loadProject({ cwd, env, file: '../platform.yaml' }));
    const argv = ['deploy', '--config', '../platform.yaml'];
    const lines = errorAnnotations(error, { cwd, env, argv });
    expect(lines.length).toBeGreaterThan(1);
    expect(lines[0]).toMatch(
      /^::error file=apps\/shop\/platform\.yaml,line=22,col=5,title=platform E_CONFIG::unknown key `prt`/,
    );
    expect(lines[0]).toContain('%0Adid you mean `port`?');
    for (const line of lines) expect(line).toMatch(/^::error file=apps\/shop\/platform\.yaml,line=\d+,col=\d+,/);
  });

  const around = { cwd: '/', env: {}, argv: [] };

  it('are one where there is no place, and cannot be ended from inside', () => {
    const error = { code: 'E_BUG', message: 'a 100%\n::add-mask::x\r\u001b[0m', hints: [] } as const;
    expect(errorAnnotations(error, around)).toEqual(['::error title=platform E_BUG::a 100%25%0A::add-mask::x^M^[[0m']);
    expect(warningAnnotation({ code: 'W_X,file=/etc/passwd::y', message: 'm\n::error::z' })).toBe(
      '::warning title=platform W_X%2Cfile=/etc/passwd%3A%3Ay::m%0A::error::z',
    );
    expect(groupStart('deploy\n::error::x')).toBe('::group::deploy%0A::error::x');
  });

  it('are ten at most', () => {
    const diagnostics = Array.from({ length: 30 }, (_, line) => ({
      severity: 'error',
      message: 'm',
      at: { file: 'platform.yaml', line, column: 1 },
    }));
    const error = { code: 'E_CONFIG', message: 'm', hints: [], details: { diagnostics } } as const;
    expect(errorAnnotations(error, around)).toHaveLength(10);
  });
});

describe('groups', () => {
  it('fold what is long on GitHub and nowhere else', () => {
    for (const isGithub of [true, false]) {
      const terminal = recordedTerminal({ isGithub });
      noteGroup(printerFor(terminal, { out: false, err: false }), { title: 'plan', lines: ['a', '::error::b'] });
      expect(terminal.stderr()).toBe(isGithub ? '::group::plan\na\n.::error::b\n::endgroup::\n' : 'a\n::error::b\n');
    }
  });
});

const services = [
  { service: 'api', outcome: 'rolled-back', release: 3, previous: 2, image: 'shop/api:v2', seconds: 61 },
  { service: 'web', outcome: 'skipped', release: null, previous: 1, image: 'shop/web:v2', seconds: null },
];
const report = {
  result: { services },
  lines: ['api failed'],
  exitCode: 7,
  runId: '01kb0000000000000000abc123',
} as const;

describe('the step summary', () => {
  it('shows the outcomes as a table', () => {
    const text = stepSummary('deploy', report);
    expect(text).toContain('### platform deploy: exit 7\n');
    expect(text).toContain('| api | rolled-back | 3 | 2 | shop/api&#58;v2 | 61 |\n| web | skipped |  | 1 |');
    expect(text).toContain('```\napi failed\n```');
  });

  it('is text, whatever names and messages hold', () => {
    const hostile = '|x|<img src=x>[a](http://evil) `';
    const text = stepSummary('deploy', {
      result: { services: [{ service: hostile, outcome: 'failed' }] },
      lines: ['```\n# heading', '````'],
      warnings: [{ code: 'W', message: hostile }],
      next: [{ command: 'platform x', why: hostile }],
    });
    const outside = text.replace(/(`{5,})[\s\S]*\1/, '');
    expect(outside).not.toMatch(/<img|\[a\]|\|x\||`/);
    expect(errorSummary('deploy', { code: 'E_BUG', exitCode: 1, message: '```\n# x', hints: [] })).toContain(
      '````\n```',
    );
  });
});

describe('the outputs of a step', () => {
  it('are the run and its outcome', () => {
    expect(stepOutputs(report)).toBe('run_id=01kb0000000000000000abc123\noutcome=rolled-back\n');
    expect(stepOutputs({ result: null, lines: [] })).toBe('');
    expect(stepOutputs({ ...report, runId: 'x\nevil=1' })).toBe('outcome=rolled-back\n');
  });

  it.each([
    [{ exitCode: 0 as const, result: { services: [{ service: 'a', outcome: 'unchanged' }] } }, 'unchanged'],
    [{ exitCode: 0 as const, result: { services: [{ service: 'a', outcome: 'succeeded' }] } }, 'succeeded'],
    [{ exitCode: 0 as const, result: {} }, 'succeeded'],
    [{ exitCode: 6 as const, result: { services: [{ service: 'a', outcome: 'stopped' }] } }, 'stopped'],
    [{ exitCode: 10 as const, result: {} }, 'timed-out'],
    [{ exitCode: 130 as const, result: {} }, 'paused'],
  ])('%j is %s', (given, outcome) => {
    expect(overallOutcome({ lines: [], ...given })).toBe(outcome);
  });

  it('are written on GitHub only, with the summary', () => {
    const outputs = folder.write('outputs', '');
    const summary = folder.write('summary', '');
    const env = { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary };
    const output = (more: object) =>
      new CommandOutput({
        ports: { terminal: recordedTerminal(), env: { ...env, ...more }, setExitCode: () => undefined },
        argv: [],
        command: 'deploy',
      });
    output({}).finish(report);
    expect(readFileSync(outputs, 'utf8') + readFileSync(summary, 'utf8')).toBe('');
    output({ GITHUB_ACTIONS: 'true' }).finish(report);
    output({ GITHUB_ACTIONS: 'true' }).fail({ code: 'E_CONFIG', exitCode: 3, message: 'wrong', hints: [] }, []);
    expect(readFileSync(outputs, 'utf8')).toBe('run_id=01kb0000000000000000abc123\noutcome=rolled-back\n');
    expect(readFileSync(summary, 'utf8')).toContain('### platform deploy: exit 3\n\n```\nwrong\n```');
  });

  it('and no event of a stream begins as a workflow command', () => {
    const terminal = recordedTerminal({ isGithub: true });
    const ports = { terminal, env: {}, setExitCode: () => undefined };
    new CommandOutput({ ports, argv: [], command: 'logs tail' }).event({}, '::set-output name=x::y');
    expect(terminal.stdout()).toBe('.::set-output name=x::y\n');
  });
});
