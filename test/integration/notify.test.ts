import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ctx } from '../../src/lib/context/context.js';
import { foldAll } from '../../src/lib/engine/fold.js';
import type { EndedRun } from '../../src/lib/notices/notice.js';
import { notifyEnd } from '../../src/lib/notices/notify.js';
import { snsState } from '../../src/lib/sandbox/services/sns/state.js';
import { deploy } from '../operations/deploy-scenario.js';
import { createRig, type Rig } from '../operations/sandbox-rig.js';

const secret = '/services/T0PLANTED/B0PLANTED/s3cr3tPLANTED';
let rig: Rig;
let server: Server;
let bodies: { text: string }[];
let address: string;
let status: number;

beforeEach(async () => {
  rig = await createRig();
  bodies = [];
  status = 200;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      if (request.url === secret) bodies.push(JSON.parse(text) as { text: string });
      response.writeHead(request.url === secret ? status : 404).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${secret}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rig.dispose();
});

const configure = (...lines: readonly string[]): void => {
  const file = join(rig.folder, 'platform.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace('  staging:\n', `  staging:\n    notify:\n${lines.map((line) => `      ${line}\n`).join('')}`),
  );
};

const keep = async (name: string, value: string): Promise<void> => {
  const ssm = await rig.clients.write('ssm');
  await ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: 'SecureString' }));
};

/** The end of a deploy of this tag, with what the report says. */
const endOf = async (tag: string): Promise<EndedRun> => {
  const report = await deploy(rig, tag);
  const { target } = await rig.drive(rig.target());
  const events = await rig.drive(rig.ctx.journals(target).read(report.runId ?? ''));
  return { view: foldAll(events), command: 'deploy', result: report.result, by: 'tester' };
};

const logged: unknown[] = [];
/** Real time: an HTTP call takes some, and the manual clock of the world does not move for it. */
const ctx = (change: Partial<Ctx> = {}): Ctx => ({
  ...rig.ctx,
  log: { debug: (message, fields) => void logged.push([message, fields]) },
  clocks: {
    ...rig.clocks,
    wall: { ...rig.clocks.wall, sleep: (ms) => (ms > 10_000 ? new Promise(() => undefined) : Promise.resolve()) },
  },
  ...change,
});

describe('notify', () => {
  it('posts the end of a failed deploy to the webhook whose address SSM holds', async () => {
    await keep('/shop/staging/SLACK', address);
    configure('- slack: { url: ssm:/shop/staging/SLACK }');
    const ended = await endOf('v2-bad');
    expect(await notifyEnd(ctx(), ended)).toEqual([]);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]?.text).toContain(
      '*shop/staging: deploy failed and was rolled back*\napi: rolled-back (container api exited',
    );
    expect(bodies[0]?.text).toContain(`\`platform runs show ${ended.view.runId}\``);
  });

  it('says nothing of what nobody asked for', async () => {
    await keep('/shop/staging/SLACK', address);
    configure(
      '- on: [paused]',
      '  slack: { url: ssm:/shop/staging/SLACK }',
      '- slack: { url: ssm:/shop/staging/SLACK }',
    );
    expect(await notifyEnd(ctx(), await endOf('v1'))).toEqual([]);
    expect(bodies).toEqual([]);
    const failed = await endOf('v2-bad');
    expect(await notifyEnd(ctx(), failed)).toEqual([]);
    expect(bodies).toHaveLength(1);
  });

  it('tells of a success where that is asked for, by Secrets Manager too', async () => {
    const secrets = await rig.clients.write('secretsManager');
    await secrets.send(new CreateSecretCommand({ Name: 'shop-slack', SecretString: `${address}\n` }));
    configure('- on: [succeeded]', '  slack: { url: secretsmanager:shop-slack }');
    expect(await notifyEnd(ctx(), await endOf('v1'))).toEqual([]);
    expect(bodies[0]?.text).toContain('deploy succeeded');
  });

  it('warns by the reference, never by the address, when it could not send', async () => {
    await keep('/shop/staging/SLACK', address);
    await keep('/shop/staging/FAR', 'https://hooks.example/services/PLANTED');
    configure(
      '- slack: { url: ssm:/shop/staging/SLACK }',
      '- slack: { url: ssm:/shop/staging/FAR }',
      '- slack: { url: ssm:/shop/staging/GONE }',
      '- slack: { url: secretsmanager:gone }',
    );
    status = 500;
    const ended = await endOf('v2-bad');
    const warnings = await notifyEnd(ctx(), ended);
    expect(warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'W_NOTICE_FAILED the notice to ssm:/shop/staging/SLACK was not sent: HTTP 500; the run is as reported',
      'W_NOTICE_SKIPPED no notice to ssm:/shop/staging/FAR: a sandbox sends nothing to other machines',
      'W_NOTICE_FAILED the notice to ssm:/shop/staging/GONE was not sent: ssm:/shop/staging/GONE does not exist or holds no text; the run is as reported',
      'W_NOTICE_FAILED the notice to secretsmanager:gone was not sent: secretsmanager:gone does not exist or holds no text; the run is as reported',
    ]);
    expect(bodies).toHaveLength(2);
    const target = (await rig.drive(rig.target())).target;
    const journal = await rig.drive(rig.ctx.journals(target).read(ended.view.runId));
    expect(JSON.stringify([warnings, logged, journal])).not.toContain('PLANTED');
  });

  it('publishes to a topic, in the region of its own, with what a filter needs', async () => {
    const sns = await rig.clients.write('sns');
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'alerts' }));
    configure(`- sns: { topicArn: "${TopicArn}" }`, `- sns: { topicArn: "${TopicArn}-gone" }`);
    const ended = await endOf('v2-bad');
    const warnings = await notifyEnd(ctx(), ended);
    expect(warnings).toMatchObject([
      { code: 'W_NOTICE_FAILED', message: expect.stringContaining(`the notice to ${TopicArn}-gone was not sent`) },
    ]);
    expect(snsState({ world: rig.world, region: 'eu-west-1' }).topics[TopicArn]?.messages).toMatchObject([
      {
        subject: 'shop/staging: deploy failed and was rolled back',
        message: expect.stringContaining('api: rolled-back (container api exited'),
        attributes: { outcome: 'rolled-back', project: 'shop', environment: 'staging' },
      },
    ]);
  });

  it('against AWS refuses what is not https', async () => {
    await keep('/shop/staging/SLACK', address);
    configure('- slack: { url: ssm:/shop/staging/SLACK }');
    const warnings = await notifyEnd(ctx({ place: { kind: 'aws' } }), await endOf('v2-bad'));
    expect(warnings).toMatchObject([{ code: 'W_NOTICE_FAILED', message: expect.stringContaining('not https') }]);
    expect(bodies).toEqual([]);
  });

  it('is silent where there is no project, another project, or no notify', async () => {
    const ended = await endOf('v2-bad');
    expect(await notifyEnd(ctx(), ended)).toEqual([]);
    expect(await notifyEnd(ctx({ paths: { ...rig.ctx.paths, cwd: '/' } }), ended)).toEqual([]);
    writeFileSync(join(rig.folder, 'platform.yaml'), 'version: 2\n');
    expect(await notifyEnd(ctx(), ended)).toMatchObject([{ code: 'W_NOTICE_FAILED' }]);
  });
});
