/**
 * Opens a session: the audit line first, then the one call, then what the plugin needs. AWS's refusals are explained here.
 * Closing is best effort: a session that nobody closes ends by AWS's own idle limit.
 */
import { createIamGateway } from '../aws/iam.js';
import { createSessionsGateway, type SessionGrant, type SessionsGateway } from '../aws/sessions.js';
import type { SessionProgramRequest } from '../child-process/session-program.js';
import type { Ctx } from '../context/context.js';
import type { ResolvedTarget } from '../context/resolve-target.js';
import { appendAudit } from '../engine/journal/audit-file.js';
import { redactText } from '../engine/redact.js';
import type { Json } from '../plan/json.js';
import type { SeenContainer } from './observe-container.js';
import { pluginRequest } from './plugin.js';
import { isNotConnected, notConnected, refused, sessionActions } from './session-checks.js';

export type SessionCtx = Pick<Ctx, 'env' | 'paths' | 'place' | 'writer' | 'clocks' | 'ids' | 'log'>;

export interface SessionWish {
  readonly at: ResolvedTarget;
  readonly seen: SeenContainer;
  /** How consent was given. */
  readonly consent: string;
  /** For the audit line; values of the command's words are left out of it. */
  readonly what: Readonly<Record<string, Json>> & { readonly kind: 'exec' | 'tunnel' };
  readonly open: (sessions: SessionsGateway) => Promise<SessionGrant>;
}

export interface OpenSession {
  readonly id: string;
  readonly program: SessionProgramRequest;
  /** The line that says how it ended. */
  ended(how: Readonly<Record<string, Json>>): Promise<void>;
  terminate(): Promise<void>;
}

export const openSession = async (ctx: SessionCtx, wish: SessionWish): Promise<OpenSession> => {
  const { at, seen } = wish;
  const sessions = createSessionsGateway(at.aws);
  const place = { root: ctx.paths.state, target: at.target };
  const line = (entry: Readonly<Record<string, Json>>): Promise<void> =>
    appendAudit(place, { v: 1, at: new Date(ctx.clocks.wall.now()).toISOString(), ...entry });
  const nonce = ctx.ids.nonce();
  await line(beginning(ctx, wish, nonce));
  const grant = await wish.open(sessions).catch(async (error: unknown) => {
    await line({ id: nonce, event: 'refused', code: error instanceof Error ? error.name : 'unknown' }).catch(
      () => undefined,
    );
    throw await explained(error, wish);
  });
  ctx.log.debug('session', { id: grant.sessionId, task: seen.task.id, container: seen.container.name });
  const keys = await sessions.accessKeys();
  const target = { grant, keys, region: at.environment.region, target: seen.sessionTarget };
  return {
    id: grant.sessionId,
    program: pluginRequest(ctx, target),
    // The thing has happened: that its end could not be written must not hide how it ended.
    ended: (how) =>
      line({ id: nonce, event: 'ended', session: grant.sessionId, ...how }).catch((error: unknown) => {
        ctx.log.debug('audit', { session: grant.sessionId, error: error instanceof Error ? error.message : '' });
      }),
    terminate: async () => {
      await sessions.terminate(grant.sessionId).catch((error: unknown) => {
        ctx.log.debug('terminate', { session: grant.sessionId, error: error instanceof Error ? error.name : '' });
      });
    },
  };
};

const beginning = (ctx: SessionCtx, wish: SessionWish, nonce: string): Readonly<Record<string, Json>> => {
  const { writer } = ctx;
  const { at, seen } = wish;
  return {
    id: nonce,
    event: 'began',
    ...wish.what,
    by: at.identity,
    user: writer.user,
    host: writer.host,
    ...(writer.ci === undefined ? {} : { ci: writer.ci }),
    cli: writer.cli,
    consent: wish.consent,
    service: seen.service,
    task: seen.task.id,
    container: seen.container.name,
  };
};

/** Of a command only its program and how many words it has: words may be secrets. */
export const auditedCommand = (words: readonly string[]): Readonly<Record<string, Json>> => ({
  program: redactText(words[0] ?? 'sh').slice(0, 200),
  words: words.length,
});

const explained = async (error: unknown, { at, seen }: SessionWish): Promise<unknown> => {
  if (!isNotConnected(error)) return refused(seen, error);
  const { taskRole } = seen.definition;
  const denied =
    taskRole === undefined ? undefined : await createIamGateway(at.aws).deniedActions(taskRole, sessionActions);
  return notConnected(seen, { denied, cause: error });
};
