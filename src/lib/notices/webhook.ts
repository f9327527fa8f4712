/**
 * One POST to a Slack-style webhook. The address is a secret: it is in no result, no error and no log. Which addresses may be
 * called is decided here: https in AWS, this machine alone in a sandbox.
 */
import type { Place } from '../context/context.js';

export type Delivery =
  | { readonly kind: 'sent' }
  /** Not allowed from here; nothing was sent. */
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export interface Post {
  readonly url: string;
  readonly body: unknown;
  readonly place: Pick<Place, 'kind'>;
  /** Per attempt. */
  readonly timeoutMs: number;
  readonly sleep: (ms: number) => Promise<void>;
}

const attempts = 2;
const pauseMs = 500;
const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** Undefined when the address may be called. */
const refusal = ({ url, place }: Post): Delivery | undefined => {
  if (!URL.canParse(url)) return { kind: 'failed', why: 'what is kept there is not an address' };
  const { protocol, hostname } = new URL(url);
  const isLocal = loopback.includes(hostname);
  if (place.kind === 'sandbox') {
    if (isLocal && (protocol === 'http:' || protocol === 'https:')) return undefined;
    return { kind: 'skipped', why: 'a sandbox sends nothing to other machines' };
  }
  return protocol === 'https:' ? undefined : { kind: 'failed', why: 'the address is not https' };
};

type Answer = { readonly kind: 'status'; readonly status: number } | { readonly kind: 'none'; readonly why: string };

const once = async ({ url, body, timeoutMs }: Post): Promise<Answer> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      // An address that sends us on could send us anywhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return { kind: 'status', status: response.status };
  } catch (error) {
    return { kind: 'none', why: whyNot(error) };
  }
};

/** Codes only: a message may hold the address. */
const whyNot = (error: unknown): string => {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  const cause = error instanceof Error ? (error.cause as { readonly code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : 'the connection failed';
};

const mayTryAgain = (answer: Answer): boolean =>
  answer.kind === 'none' || answer.status === 429 || answer.status >= 500;

export const postToWebhook = async (post: Post): Promise<Delivery> => {
  const refused = refusal(post);
  if (refused) return refused;
  let answer = await once(post);
  for (let tried = 1; tried < attempts && mayTryAgain(answer); tried++) {
    await post.sleep(pauseMs);
    answer = await once(post);
  }
  if (answer.kind === 'none') return { kind: 'failed', why: answer.why };
  const isSent = answer.status >= 200 && answer.status < 300;
  return isSent ? { kind: 'sent' } : { kind: 'failed', why: `HTTP ${answer.status}` };
};
