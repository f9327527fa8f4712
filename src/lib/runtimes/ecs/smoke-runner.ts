/** Runs smoke tests for real: HTTP with a time-out, or a command on this machine. What it reports is redacted. */
import { runTool } from '../../child-process/run-tool.js';
import { redactText } from '../../engine/redact.js';
import type { SmokeResult, SmokeRunner } from './ports.js';

export interface SmokeRunnerOptions {
  /** Where a load balancer's listener answers: `http://name-123.eu-west-1.elb.amazonaws.com`, or a loopback port. */
  readonly baseUrl: (loadBalancer: { readonly name: string; readonly port: number }) => Promise<string | undefined>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const createSmokeRunner = (options: SmokeRunnerOptions): SmokeRunner => ({
  http: async (request) => {
    const url = await absoluteUrl(options, request);
    if (url === undefined) return { passed: false, result: `no load balancer answers for ${request.url}` };
    return fetchOnce({ ...request, url });
  },
  command: async ({ argv, timeoutMs, signal }) => {
    const done = await runTool({ argv, cwd: options.cwd, timeoutMs, signal, env: options.env });
    if (done.timedOut) return { passed: false, result: `no end within ${timeoutMs} ms` };
    if (done.exitCode === undefined) return { passed: false, result: done.failure ?? 'ended by a signal' };
    return { passed: done.exitCode === 0, result: describeExit(done.exitCode, done.stderr || done.stdout) };
  },
});

const describeExit = (exitCode: number, output: string): string => {
  const lastLine = redactText(output.trim().split('\n').at(-1) ?? '').slice(0, 200);
  return lastLine === '' ? `exit ${exitCode}` : `exit ${exitCode}: ${lastLine}`;
};

type HttpRequest = Parameters<SmokeRunner['http']>[0];

const absoluteUrl = async (options: SmokeRunnerOptions, request: HttpRequest): Promise<string | undefined> => {
  if (!request.url.startsWith('/')) return request.url;
  const base = request.loadBalancer ? await options.baseUrl(request.loadBalancer) : undefined;
  return base === undefined ? undefined : new URL(request.url, base).href;
};

const fetchOnce = async (request: HttpRequest): Promise<SmokeResult> => {
  const { url, expectStatus, timeoutMs, signal } = request;
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    const passed = response.status === expectStatus;
    return {
      passed,
      result: passed ? `HTTP ${response.status}` : `HTTP ${response.status} instead of ${expectStatus}`,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    return {
      passed: false,
      result: redactText(cause ?? (error instanceof Error ? error.message : String(error))).slice(0, 200),
    };
  }
};
