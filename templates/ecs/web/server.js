// The web pages: one page below /web and a health check. No state, no dependencies.
import { createServer } from 'node:http';

const log = (level, message, fields = {}) => {
  const line = { timestamp: new Date().toISOString(), level, service: 'web', message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const page = `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>__PROJECT__</title>
  <h1>__PROJECT__</h1>
  <p>It runs. The api answers at <a href="/orders">/orders</a>.</p>
</html>
`;

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/health') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}\n');
    return;
  }
  const isPage = pathname === '/' || pathname === '/web' || pathname === '/web/';
  const status = isPage ? 200 : 404;
  response.writeHead(status, { 'content-type': isPage ? 'text/html; charset=utf-8' : 'text/plain' });
  response.end(isPage ? page : 'not found\n');
  log('info', 'request', { method: request.method, path: pathname, status });
});

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

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  log('info', 'listening', { port: server.address().port });
});
