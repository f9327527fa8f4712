/** Whether a port of the loopback address is free now. Who takes it a moment later is told by the one that needs it. */
import { createServer } from 'node:net';

export const isPortFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
