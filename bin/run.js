#!/usr/bin/env node
// The SDK's notice about old Node versions would be the first thing on stderr of every command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
// Node warns on stderr when both are set. NO_COLOR wins here, so nothing is lost.
if (process.env.NO_COLOR && process.env.FORCE_COLOR !== undefined) delete process.env.FORCE_COLOR;
const argv = process.argv.slice(2);
const root = new URL('..', import.meta.url);
const { readFileSync } = await import('node:fs');
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
  process.stdout.write(`${JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version}\n`);
} else if (argv.length === 0 || (argv.length === 1 && (argv[0] === '--help' || argv[0] === '-h'))) {
  const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY;
  const narrow = (line) => (line.length <= columns ? line : `${line.slice(0, columns - 1)}…`);
  const overview = readFileSync(new URL('dist/root-help.txt', root), 'utf8');
  process.stdout.write(overview.split('\n').map(narrow).join('\n'));
} else if (argv[0] === '--complete') {
  // At every TAB: before anything of oclif is loaded.
  const { complete } = await import('../dist/lib/completion/complete.js');
  const { pathname } = root;
  process.stdout.write(
    await complete(argv.slice(1), { root: decodeURIComponent(pathname), cwd: process.cwd(), env: process.env }),
  );
} else {
  const { fileURLToPath } = await import('node:url');
  const { main } = await import('../dist/lib/cli/main.js');
  await main({ root: fileURLToPath(root), argv });
  // Open sockets and timers of a finished command must not keep it alive, but what is still in a pipe must arrive:
  // a child's stdout is a socket, and exit would cut a long document.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
  process.exit();
}
