/** A small XML reader for request bodies (restXml), and XML → values. No DTD, no entities beyond the five and numbers. */
import { malformed, scalarFromText, setOwn } from './scalars.js';
import type { Slot, StructureShape } from './schema.js';

export interface XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const maxDepth = 64;
const token = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s/>!]+)([^>]*?)(\/?)>|([^<]+)/y;

export const parseXml = (xml: string): XmlElement => {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const stack: XmlElement[] = [root];
  token.lastIndex = 0;
  while (token.lastIndex < xml.length) {
    const match = token.exec(xml);
    if (!match) throw malformed('', 'is not valid XML');
    acceptToken(match, stack);
  }
  const [top] = root.children;
  if (stack.length !== 1 || root.children.length !== 1 || !top) throw malformed('', 'is not valid XML');
  return top;
};

const acceptToken = (match: RegExpExecArray, stack: XmlElement[]): void => {
  const [, cdata, slash, name, attributes = '', selfClosing, text] = match;
  const current = stack[stack.length - 1] as XmlElement;
  if (cdata !== undefined) current.text += cdata;
  else if (text !== undefined) current.text += unescapeXml(text);
  else if (name === undefined) return;
  else if (slash) {
    if (stack.length < 2 || current.name !== localName(name)) throw malformed('', 'is not valid XML');
    stack.pop();
  } else {
    const element: XmlElement = { name: localName(name), attributes: attributesOf(attributes), children: [], text: '' };
    current.children.push(element);
    if (stack.length > maxDepth) throw malformed('', 'is nested too deeply');
    if (!selfClosing) stack.push(element);
  }
};

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

const attributesOf = (text: string): Record<string, string> => {
  const result: Record<string, string> = {};
  for (const [, name, double, single] of text.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    setOwn(result, localName(name as string), unescapeXml(double ?? single ?? ''));
  }
  return result;
};

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (_, entity: string) => {
    if (entity.startsWith('#')) {
      const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number.parseInt(entity.slice(1), 10);
      if (code > 0x10_ff_ff) throw malformed('', 'has a bad character reference');
      return String.fromCodePoint(code);
    }
    const known = Object.hasOwn(entities, entity) ? entities[entity] : undefined;
    if (known === undefined) throw malformed('', `has the unknown entity &${entity.slice(0, 20)};`);
    return known;
  });

export const readXmlMembers = (
  shape: StructureShape,
  element: XmlElement,
  only: readonly Slot[] = shape.members,
): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (const member of only) {
    const tag = member.ownTraits.xmlName ?? member.name;
    if (member.traits.xmlAttribute) {
      const value = element.attributes[localName(tag)];
      if (value !== undefined) result[member.name] = value;
      continue;
    }
    const found = element.children.filter((child) => child.name === tag);
    if (found.length > 0) result[member.name] = readXml(member, found, tag);
  }
  return result;
};

/** `found` are the elements of this name: several only when a list or map is flattened. */
const readXml = (slot: Slot, found: readonly XmlElement[], path: string): unknown => {
  const { shape, traits } = slot;
  const first = found[0] as XmlElement;
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readXmlMembers(shape, first);
    case 'list': {
      const itemTag = shape.element.traits.xmlName ?? 'member';
      const items = traits.xmlFlattened ? found : first.children.filter((child) => child.name === itemTag);
      return items.map((item) => readXml(shape.element, [item], path));
    }
    case 'map': {
      const entries = traits.xmlFlattened ? found : first.children.filter((child) => child.name === 'entry');
      const result: Record<string, unknown> = {};
      for (const entry of entries) {
        const key = entry.children.find((child) => child.name === (shape.key.traits.xmlName ?? 'key'));
        const value = entry.children.filter((child) => child.name === (shape.value.traits.xmlName ?? 'value'));
        if (key && value.length > 0) setOwn(result, key.text, readXml(shape.value, value, path));
      }
      return result;
    }
    default:
      return scalarFromText(shape, first.text, path);
  }
};
