/** The names in platform.yaml, also of one that is broken or half written. Pure. */
import { isAlias, isMap, isScalar, parseDocument } from 'yaml';

export interface ConfigNames {
  readonly project?: string;
  readonly environments: readonly string[];
  readonly services: readonly string[];
  readonly dataStores: readonly string[];
}

/** Keys of the parsed document's own nodes: nothing is built of it, so aliases cannot grow, and half a file is enough. */
export const namesOf = (text: string): ConfigNames => {
  const document = parseDocument(text, { logLevel: 'silent', strict: false, uniqueKeys: false, stringKeys: true });
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const entries = (node: unknown): readonly (readonly [string, unknown])[] => {
    const map = resolved(node);
    if (!isMap(map)) return [];
    return map.items.flatMap(({ key, value }) =>
      isScalar(key) && typeof key.value === 'string' ? [[key.value, value] as const] : [],
    );
  };
  const child = (node: unknown, name: string): unknown => entries(node).find(([key]) => key === name)?.[1];
  const environments = entries(child(document.contents, 'environments'));
  const project = child(document.contents, 'project');
  return {
    environments: environments.map(([name]) => name),
    services: entries(child(document.contents, 'services')).map(([name]) => name),
    dataStores: environments.flatMap(([, value]) => entries(child(value, 'dataStores')).map(([name]) => name)),
    ...(isScalar(project) && typeof project.value === 'string' ? { project: project.value } : {}),
  };
};
