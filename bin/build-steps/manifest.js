// oclif.manifest.json by oclif's own Plugin: sorted, without anything that depends on where it was built.
import { Plugin } from '@oclif/core';

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
};

export const commandManifest = async (root) => {
  const plugin = new Plugin({ type: 'core', isRoot: true, root, ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  const commands = new Map();
  for (const id of [...plugin.commandIDs].sort()) commands.set(id, await plugin.findCommand(id, { must: true }));
  // Functions (resultSchema) and undefined members go away with JSON.
  return { manifest: sorted(JSON.parse(JSON.stringify(plugin.manifest))), commands };
};
