/** The overview as the build stores it in dist/root-help.txt, so that `platform --help` loads nothing. */
import { type HelpEntry, rootHelp } from './root-help.js';

interface ManifestCommand {
  readonly id: string;
  readonly hidden?: boolean;
  readonly summary?: string;
}

interface PackageJson {
  readonly version: string;
  readonly oclif: { readonly topics?: Readonly<Record<string, { readonly description: string }>> };
}

export const precomputedHelp = (
  manifest: { readonly commands: Readonly<Record<string, ManifestCommand>> },
  pjson: PackageJson,
): string => {
  const commands = Object.values(manifest.commands).filter((command) => command.hidden !== true);
  const names = [...new Set(commands.map(({ id }) => id.split(':')[0] ?? id))];
  const entries: readonly HelpEntry[] = names.map((name) => {
    const summary = manifest.commands[name]?.summary ?? pjson.oclif.topics?.[name]?.description ?? '';
    return { name, summary: summary.replace(/\.$/, '') };
  });
  return rootHelp({ version: pjson.version, entries });
};
