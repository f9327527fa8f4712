// oclif's modules require one another at their top, so that naming one of them evaluates help, plug-in discovery, spinners
// and semver: half of what a no-op costs. This plug-in makes each such require happen at the first use of its name. Only
// the plain statements that TypeScript emits are rewritten; anything else in those files stays as it is.
import { readFile } from 'node:fs/promises';

const statement = /^(?:const|var) (\w+) = ((?:__import(?:Default|Star)\()?require\("[^"]+"\)\)?);$/gm;
const namespaceExport = /^exports\.(\w+) = (__importStar\(require\("[^"]+"\)\));$/gm;

/** A property, not a call: `new name.Class()` must stay what it is. */
const lazily = (name, load) => `let ${name}$m; const ${name}$ = { get it() { return (${name}$m ??= ${load}); } };`;

/** The text with its top-level requires made lazy. Node's own modules cost nothing and stay. */
export const withLazyRequires = (source) => {
  const names = [];
  const declared = source.replace(statement, (whole, name, load) => {
    if (/require\("node:/.test(load)) return whole;
    names.push(name);
    return lazily(name, load);
  });
  const used = names.reduce(
    (text, name) => text.replace(new RegExp(`\\b${name}\\b(?!\\$)`, 'g'), `${name}$.it`),
    declared,
  );
  return used.replace(
    namespaceExport,
    (_, name, load) =>
      `${lazily(name, load)} Object.defineProperty(exports, "${name}", { enumerable: true, configurable: true, get: () => ${name}$.it });`,
  );
};

/** It loads semver to compare Node's version with oclif's engines, at every start. bin/run.js knows what we need. */
const withoutVersionCheck = (path, source) => {
  if (!/core[\\/]lib[\\/]index\.js$/.test(path)) return source;
  const stripped = source.replace(/^checkNodeVersion\(\);$/m, '');
  if (stripped === source)
    throw new Error('oclif no longer checks the Node version where it did: look at lazy-oclif.js');
  return stripped;
};

export const lazyOclif = {
  name: 'lazy-oclif',
  setup: (build) => {
    build.onLoad({ filter: /node_modules[\\/]@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, async ({ path }) => ({
      contents: withoutVersionCheck(path, withLazyRequires(await readFile(path, 'utf8'))),
      loader: 'js',
    }));
  },
};
