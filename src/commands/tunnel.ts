import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { outputFlags } from '../lib/cli/flags.js';
import type { Report } from '../lib/cli/report.js';
import type { Ctx } from '../lib/context/context.js';
import type { TunnelResult } from '../lib/sessions/tunnel.js';

export default class Tunnel extends BaseCommand<typeof Tunnel, TunnelResult> {
  static override summary = 'Open a local port that leads to a private database or cache.';
  static override description =
    'Through a task that runs, until Ctrl-C. Where the data store is: environments.NAME.dataStores.NAME.endpoint. Needs ECS Exec and session-manager-plugin: see docs/exec-and-tunnel.md.';
  static override examples = [
    '<%= config.bin %> tunnel db',
    '<%= config.bin %> tunnel redis --port 6380 --via workers',
    '<%= config.bin %> tunnel db -e production --confirm production --output ndjson',
  ];
  static override args = { name: Args.string({ description: 'Data store in platform.yaml.', required: true }) };
  static override mutates = 'run' as const;
  static override resultSchema = async () => (await import('../lib/sessions/result-schemas.js')).tunnelSchema;
  static override flags = {
    port: Flags.integer({ summary: 'Local port; a free one.', min: 1, max: 65_535, helpValue: 'N' }),
    via: Flags.string({ summary: 'Service to go through; the first that can be entered.', helpValue: 'SERVICE' }),
    task: Flags.string({ summary: 'Task to go through, by id or its beginning.', helpValue: 'ID' }),
    yes: Flags.boolean({ char: 'y', summary: 'Consent without being asked (not enough for a protected environment).' }),
    confirm: Flags.string({ summary: 'Consent for a protected environment: its name.', helpValue: 'NAME' }),
    ...outputFlags,
  };

  protected async execute(ctx: Ctx): Promise<Report<TunnelResult>> {
    const { connectLine, prepareTunnel, runTunnel } = await import('../lib/sessions/tunnel.js');
    const { port, via, task } = this.flags;
    const { name } = this.args;
    const at = await this.target(ctx);
    const prepared = await prepareTunnel(ctx, at, { name, port, via, task });
    const { isProtected, name: environment } = at.environment;
    const what = `open a tunnel to ${name}`;
    const consent = await this.consent({ danger: 'none', isProtected, environment, what });
    return runTunnel(ctx, prepared, {
      consent,
      signal: this.interrupted(),
      onOpen: (open) => {
        const through = `through ${open.via.service} task ${open.via.task}`;
        this.emit({ event: 'open', ...open }, `${name} is at 127.0.0.1:${open.port} (${through}), Ctrl-C ends`);
        const command = connectLine(prepared.store.kind, open.port);
        this.emit({ event: 'hint', command }, command);
      },
      onTrouble: (message) => this.emit({ event: 'trouble', message }, message),
    });
  }
}
