import { Flags } from '@oclif/core';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { Report } from '../../lib/cli/report.js';
import type { Ctx } from '../../lib/context/context.js';
import type { SandboxStartResult } from '../../lib/rehearsal/start-sandbox.js';

export default class SandboxStart extends BaseCommand<typeof SandboxStart, SandboxStartResult> {
  static override summary = 'Start a behaving AWS on this machine, seeded from the project here.';
  static override description =
    'It runs in the background and survives the shell. Starting it twice gives the same endpoint. Real credentials play no part.';
  static override examples = [
    '<%= config.bin %> sandbox start',
    '<%= config.bin %> sandbox start --speed 600 --json',
    '<%= config.bin %> sandbox start --exec --state .sandbox',
  ];
  static override flags = {
    port: Flags.integer({
      summary: 'Port on 127.0.0.1; a free one when absent.',
      min: 0,
      max: 65_535,
      helpValue: 'PORT',
    }),
    speed: Flags.integer({
      summary: 'AWS seconds per real second; default 60.',
      min: 1,
      max: 600,
      helpValue: '1..600',
    }),
    state: Flags.string({ summary: 'Folder that keeps the sandbox over a restart.', helpValue: 'DIR' }),
    exec: Flags.boolean({ summary: 'Run containers that have a command as processes of this machine.' }),
    traffic: Flags.integer({
      summary: 'Requests per AWS second and service; default 5.',
      min: 0,
      max: 1_000,
      helpValue: 'RPS',
    }),
    upstream: Flags.string({
      summary: 'Where calls go that the sandbox does not know (this machine only).',
      helpValue: 'URL',
    }),
    'log-events': Flags.integer({
      summary: 'Events kept per log stream; default 10000.',
      min: 100,
      max: 1_000_000,
      helpValue: 'N',
    }),
    'no-limits': Flags.boolean({ summary: "Do not enforce AWS's request limits." }),
  };
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/rehearsal/result-schemas.js')).sandboxStartSchema;

  protected async execute(ctx: Ctx): Promise<Report<SandboxStartResult>> {
    const { startSandbox } = await import('../../lib/rehearsal/start-sandbox.js');
    const { port, speed, state, exec, traffic, upstream, env, config } = this.flags;
    return startSandbox(ctx, {
      // oclif leaves a boolean flag undefined that was not given.
      exec: exec === true,
      limits: this.flags['no-limits'] ? 'off' : 'enforced',
      ...(port !== undefined && { port }),
      ...(speed !== undefined && { speed }),
      ...(state !== undefined && { state }),
      ...(traffic !== undefined && { traffic }),
      ...(upstream !== undefined && { upstream }),
      ...(this.flags['log-events'] !== undefined && { logEvents: this.flags['log-events'] }),
      ...(env !== undefined && { environment: env }),
      ...(config !== undefined && { config }),
    });
  }
}
