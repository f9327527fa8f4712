/** Values → XML, for awsQuery, ec2Query and restXml. */
import { badOutput, isObject, scalarToText } from './scalars.js';
import type { ListShape, MapShape, Slot, StructureShape } from './schema.js';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** Characters that XML 1.0 cannot carry in any form become U+FFFD (the UTF-8 encoder does so with lone surrogates). */
export const escapeXml = (text: string): string =>
  text
    .replace(/[&<>"\r]/g, (character) => escapes[character] as string)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are meant.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

const tagOf = ({ name, ownTraits }: Slot): string => ownTraits.xmlName ?? name;

const timestamps = 'date-time';

/** `only` limits it to the members that travel in the body (restXml). */
export const writeXmlMembers = (
  shape: StructureShape,
  value: unknown,
  options: { readonly path: string; readonly only?: readonly Slot[] },
): string => {
  if (!isObject(value)) throw badOutput(options.path || shape.name, 'structure');
  let xml = '';
  for (const member of options.only ?? shape.members) {
    const item = value[member.name];
    if (item === undefined || item === null || member.traits.xmlAttribute) continue;
    const path = options.path ? `${options.path}.${member.name}` : member.name;
    xml += writeXml(member, item, { tag: tagOf(member), path });
  }
  return xml;
};

interface Place {
  readonly tag: string;
  readonly path: string;
}

export const writeXml = (slot: Slot, value: unknown, { tag, path }: Place): string => {
  const shape = slot.shape;
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return `<${tag}${attributesOf(slot, shape, value)}>${writeXmlMembers(shape, value, { path })}</${tag}>`;
    case 'list':
      return writeList(shape, slot, value, { tag, path });
    case 'map':
      return writeMap(shape, slot, value, { tag, path });
    default:
      return `<${tag}>${escapeXml(scalarToText(shape, value, { path, timestamps }))}</${tag}>`;
  }
};

const attributesOf = ({ traits }: Slot, shape: StructureShape, value: unknown): string => {
  let attributes = '';
  if (traits.xmlNamespace) {
    const [prefix, uri] = traits.xmlNamespace;
    attributes += ` xmlns${prefix ? `:${prefix}` : ''}="${escapeXml(uri)}"`;
  }
  for (const member of shape.members) {
    const item = isObject(value) ? value[member.name] : undefined;
    if (member.traits.xmlAttribute && typeof item === 'string') attributes += ` ${tagOf(member)}="${escapeXml(item)}"`;
  }
  return attributes;
};

const writeList = ({ element }: ListShape, slot: Slot, value: unknown, { tag, path }: Place): string => {
  if (!Array.isArray(value)) throw badOutput(path, 'list');
  const isFlat = slot.traits.xmlFlattened === 1;
  const itemTag = isFlat ? tag : (element.traits.xmlName ?? 'member');
  const items = value.map((item, index) =>
    item === null || item === undefined ? '' : writeXml(element, item, { tag: itemTag, path: `${path}.${index}` }),
  );
  return isFlat ? items.join('') : `<${tag}>${items.join('')}</${tag}>`;
};

const writeMap = (shape: MapShape, slot: Slot, value: unknown, { tag, path }: Place): string => {
  if (!isObject(value)) throw badOutput(path, 'map');
  const isFlat = slot.traits.xmlFlattened === 1;
  const entryTag = isFlat ? tag : 'entry';
  const keyTag = shape.key.traits.xmlName ?? 'key';
  const valueTag = shape.value.traits.xmlName ?? 'value';
  const entries = Object.entries(value).map(([key, item]) => {
    const written = writeXml(shape.value, item, { tag: valueTag, path: `${path}.${key}` });
    return `<${entryTag}><${keyTag}>${escapeXml(key)}</${keyTag}>${written}</${entryTag}>`;
  });
  return isFlat ? entries.join('') : `<${tag}>${entries.join('')}</${tag}>`;
};
