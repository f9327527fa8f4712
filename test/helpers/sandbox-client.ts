/** SDK clients for tests: they talk to a dispatcher in process, or to a running sandbox over loopback. */
import type { Dispatcher } from '../../src/lib/sandbox/dispatch.js';
import { inProcessHandler } from '../../src/lib/sandbox/in-process.js';

const common = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  maxAttempts: 1,
  disableHostPrefix: true,
} as const;

/** `new ECSClient(inProcessConfig(dispatcher))` */
export const inProcessConfig = (dispatcher: Dispatcher) => ({
  ...common,
  endpoint: 'http://127.0.0.1:1',
  requestHandler: inProcessHandler(dispatcher),
});

/** `new ECSClient(endpointConfig(server.endpoint))` */
export const endpointConfig = (endpoint: string) => ({ ...common, endpoint });
