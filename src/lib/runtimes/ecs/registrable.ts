/** A task definition as AWS answers it → one that can be registered again. Pure. */

import { answeredMembers } from '../../config/normalise-task-definition.js';

type Members = Readonly<Record<string, unknown>>;

export const registrable = (definition: Members): Members =>
  Object.fromEntries(
    Object.entries(definition).filter(([key, value]) => !answeredMembers.has(key) && value !== undefined),
  );

export const withImage = (
  definition: Members,
  change: { readonly container: string; readonly image: string },
): Members => {
  const containers = (definition['containerDefinitions'] ?? []) as readonly Members[];
  return {
    ...definition,
    containerDefinitions: containers.map((container) =>
      container['name'] === change.container ? { ...container, image: change.image } : container,
    ),
  };
};
