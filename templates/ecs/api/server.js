// The api: answers HTTP, logs one JSON object a line, and ends cleanly when ECS says SIGTERM.
import { createServer } from 'node:http';

const levels = ['debug', 'info', 'warn', 'error'];
const lowest = Math.max(0, levels.indexOf(process.env.LOG_LEVEL ?? 'info'));

const log = (level, message, fields = {}) => {
  if (levels.indexOf(level) < lowest) return;
  const line = { timestamp: new Date().toISOString(), level, service: 'api', message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

// Better not to start than to fail at the first request: the deployment sees it at once.
for (const name of ['DATABASE_URL', 'REDIS_URL']) {
  if (process.env[name]) continue;
  log('error', `Error: ${name} is not set`);
  process.exit(1);
}

const orders = [
  { id: 1, item: 'coffee', state: 'paid' },
  { id: 2, item: 'tea', state: 'packed' },
];

const routes = {
  '/health': () => [200, { status: 'ok' }],
  '/': () => [200, { service: 'api', environment: process.env.ENVIRONMENT ?? 'local' }],
  '/orders': () => [200, { orders }],
};

const server = createServer((request, response) => {
  const started = process.hrtime.bigint();
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const route = Object.hasOwn(routes, pathname) ? routes[pathname] : () => [404, { error: 'not found' }];
  const [status, body] = route();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
  const milliseconds = Number((process.hrtime.bigint() - started) / 1000n) / 1000;
  log(pathname === '/health' ? 'debug' : 'info', 'request', { method: request.method, path: pathname, status, milliseconds });
});

// Requests in flight are answered; idle connections do not keep the task alive.
const stop = (signal) => {
  log('info', 'stopping', { signal });
  server.close(() => {
    log('info', 'stopped');
    process.exit(0);
  });
  server.closeIdleConnections();
  setTimeout(() => process.exit(1), 25_000).unref();
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1', () => {
  log('info', 'listening', { port: server.address().port });
});
