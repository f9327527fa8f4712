/** The generated manifest and the bundler's account of dist/, for contract tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '..', '..');

export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: 'boolean' | 'option';
  readonly options?: readonly string[];
  readonly multiple?: boolean;
  readonly required?: boolean;
}

export interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly mutates?: string;
  readonly reaches?: string;
  readonly examples?: readonly (string | { readonly command: string })[];
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<
    Record<string, { readonly name: string; readonly required?: boolean; readonly multiple?: boolean }>
  >;
  readonly relativePath: readonly string[];
}

const json = (path: string): unknown => JSON.parse(readFileSync(join(repository, path), 'utf8'));

export const manifest = (): {
  readonly version: string;
  readonly commands: Readonly<Record<string, ManifestCommand>>;
} => json('oclif.manifest.json') as ReturnType<typeof manifest>;

export const commands = (): readonly ManifestCommand[] => Object.values(manifest().commands);

export const exampleLines = (command: ManifestCommand): readonly string[] =>
  (command.examples ?? []).map((example) =>
    (typeof example === 'string' ? example : example.command).replaceAll('<%= config.bin %>', 'platform'),
  );

interface Output {
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Source files that are loaded before a command's own code runs: what it imports statically, all the way down. */
export const staticClosure = (entry: string): readonly string[] => {
  const { cli } = json('dist/meta.json') as { cli: { outputs: Record<string, Output> } };
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind, external } of cli.outputs[path]?.imports ?? []) {
      if (external !== true && (kind === 'import-statement' || kind === 'require-call')) visit(next);
    }
  };
  if (cli.outputs[entry] === undefined) throw new Error(`${entry} is not built; run npm run build`);
  visit(entry);
  return [...seen].flatMap((path) => Object.keys(cli.outputs[path]?.inputs ?? {}));
};
