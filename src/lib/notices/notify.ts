/**
 * Tells people how a run ended: what `notify:` in platform.yaml asks for. Called by lib/cli after the engine, when the run's
 * end is journaled; it never throws and never changes the run's exit code: what could not be sent is a warning. May import
 * config, aws and the engine's types; lies below the nouns. Start reading at notifyEnd.
 */
import type { AwsClients } from '../aws/clients.js';
import type { Warning } from '../cli/report.js';
import type { ResolvedEnvironment } from '../config/project.js';
import type { NoticeConfig } from '../config/schema.js';
import type { Ctx } from '../context/context.js';
import { redactText } from '../engine/redact.js';
import type { Target } from '../plan/plan.js';
import { type EndedRun, eventOf, type Notice, noticeOf, wants } from './notice.js';
import type { Delivery } from './webhook.js';

type NoticeCtx = Pick<Ctx, 'env' | 'paths' | 'place' | 'aws' | 'clocks' | 'log'>;

export interface NotifyOptions {
  /** `--config`. */
  readonly config?: string;
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 5000;
const wholeMs = 20_000;

export const notifyEnd = async (
  ctx: NoticeCtx,
  ended: EndedRun,
  options: NotifyOptions = {},
): Promise<readonly Warning[]> => {
  const event = eventOf(ended.view);
  if (event === undefined) return [];
  try {
    const environment = await environmentOf(ctx, ended.view.plan.target, options.config);
    const rules = (environment?.config.notify ?? []).filter((rule) => wants(rule, event));
    if (environment === undefined || rules.length === 0) return [];
    const notice = noticeOf(ended, event);
    const sending = { ctx, environment, notice, timeoutMs: options.timeoutMs ?? defaultTimeoutMs };
    return (await Promise.all(rules.map((rule) => withinTime(sending, rule)))).flat();
  } catch (error) {
    return [failed('notify', reasonOf(error))];
  }
};

/** A run may be resumed from any folder: without its project at hand nobody knows who wants to hear of it. */
const environmentOf = async (
  ctx: NoticeCtx,
  target: Target,
  file: string | undefined,
): Promise<ResolvedEnvironment | undefined> => {
  const [{ loadProject }, { resolveEnvironment }] = await Promise.all([
    import('../config/load.js'),
    import('../config/resolve.js'),
  ]);
  try {
    const project = loadProject({ cwd: ctx.paths.cwd, env: ctx.env, ...(file === undefined ? {} : { file }) });
    if (project.config.project !== target.project) return undefined;
    return resolveEnvironment(project, target.environment, { env: ctx.env });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'E_NO_CONFIG') return undefined;
    throw error;
  }
};

interface Sending {
  readonly ctx: NoticeCtx;
  readonly environment: ResolvedEnvironment;
  readonly notice: Notice;
  readonly timeoutMs: number;
}

const nameOf = (rule: NoticeConfig): string => ('slack' in rule ? rule.slack.url : rule.sns.topicArn);

/** The SDK may retry a throttled read for long; a person at the prompt waits for all of it. */
const withinTime = async (sending: Sending, rule: NoticeConfig): Promise<readonly Warning[]> => {
  const name = nameOf(rule);
  const late = sending.ctx.clocks.wall
    .sleep(wholeMs)
    .then((): Delivery => ({ kind: 'failed', why: 'no answer in time' }));
  const work = deliver(sending, rule).catch((error: unknown): Delivery => ({ kind: 'failed', why: reasonOf(error) }));
  const delivery = await Promise.race([work, late]);
  sending.ctx.log.debug('notice', { to: name, event: sending.notice.event, delivery: delivery.kind });
  switch (delivery.kind) {
    case 'sent':
      return [];
    case 'skipped':
      return [{ code: 'W_NOTICE_SKIPPED', message: `no notice to ${name}: ${delivery.why}` }];
    case 'failed':
      return [failed(`to ${name}`, delivery.why)];
  }
};

const failed = (what: string, why: string): Warning => ({
  code: 'W_NOTICE_FAILED',
  message: `the notice ${what} was not sent: ${why}; the run is as reported`,
});

const reasonOf = (error: unknown): string =>
  redactText(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)).slice(0, 200);

const deliver = async (sending: Sending, rule: NoticeConfig): Promise<Delivery> => {
  const { ctx, notice, timeoutMs } = sending;
  const { mailText, slackMessage, subjectOf } = await import('./wording.js');
  if ('sns' in rule) {
    const { publishMessage } = await import('../aws/sns.js');
    const { topicArn } = rule.sns;
    const { event, project, environment } = notice;
    const attributes = { outcome: event, project, environment };
    const clients = clientsAt(sending, topicArn.split(':')[3] ?? sending.environment.region);
    await publishMessage(clients, { topicArn, subject: subjectOf(notice), message: mailText(notice), attributes });
    return { kind: 'sent' };
  }
  const [{ secretValue }, { postToWebhook }] = await Promise.all([
    import('../aws/secret-values.js'),
    import('./webhook.js'),
  ]);
  const url = (await secretValue(clientsAt(sending, sending.environment.region), rule.slack.url)).trim();
  const { place, clocks } = ctx;
  return postToWebhook({ url, body: slackMessage(notice), place, timeoutMs, sleep: (ms) => clocks.wall.sleep(ms) });
};

const clientsAt = ({ ctx, environment }: Sending, region: string): AwsClients => {
  const { profile, roleArn } = environment;
  return ctx.aws({
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
  });
};
