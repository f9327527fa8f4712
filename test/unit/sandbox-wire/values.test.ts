import * as ecs from '@aws-sdk/client-ecs';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitHeaderList } from '../../../src/lib/sandbox/wire/header-list.js';
import { readJson, writeJson } from '../../../src/lib/sandbox/wire/json-values.js';
import { parameterTree, readQueryMembers } from '../../../src/lib/sandbox/wire/query-values.js';
import { readServiceSchema, type Shape, type StructureShape } from '../../../src/lib/sandbox/wire/schema.js';
import { parseXml } from '../../../src/lib/sandbox/wire/xml-read.js';
import { escapeXml } from '../../../src/lib/sandbox/wire/xml-write.js';

const ecsSchema = readServiceSchema(ecs);
const elbSchema = readServiceSchema(elbv2);

const inputOf = (schema: typeof ecsSchema, operation: string): StructureShape => {
  const input = schema.operations.get(operation)?.input;
  if (!input) throw new Error(`no input: ${operation}`);
  return input;
};

const scalar = (shape: object): Shape => shape as Shape;
const place = { naming: 'member', path: 'x' } as const;

describe('the view of an API schema', () => {
  it('has every operation, error and member that the client exports', () => {
    const arrays = Object.values(ecs as Record<string, unknown>).filter(Array.isArray) as unknown[][];
    const ofKind = (kind: number): unknown[] => arrays.filter((item) => item[0] === kind).map((item) => item[2]);
    expect([...ecsSchema.operations.keys()].sort()).toEqual(ofKind(9).sort());
    expect([...ecsSchema.errors.keys()].sort()).toEqual(ofKind(-3).sort());
    const raw = arrays.find((item) => item[0] === 3 && item[2] === 'CreateServiceRequest');
    expect(inputOf(ecsSchema, 'CreateService').members.map(({ name }) => name)).toEqual(raw?.[4]);
  });

  it('knows which members are required', () => {
    expect(inputOf(ecsSchema, 'CreateService').required).toEqual(['serviceName']);
    expect(inputOf(ecsSchema, 'RegisterTaskDefinition').required).toEqual(['family', 'containerDefinitions']);
    expect(inputOf(ecsSchema, 'ListClusters').required).toEqual([]);
  });

  it('says nothing of the input of an operation that has none', () => {
    expect(elbSchema.operations.get('SetSubnets')?.input).toBeDefined();
    const unit = readServiceSchema({ Ping$: [9, 'ns', 'Ping', 0, () => 'unit', () => 'unit'] });
    expect(unit.operations.get('Ping')).toMatchObject({ name: 'Ping', input: undefined, output: undefined });
  });
});

describe('JSON values', () => {
  it('keep NaN and the infinities, which JSON cannot write as numbers', () => {
    for (const value of [Number.NaN, Infinity, -Infinity, 0.1]) {
      const written: unknown = JSON.parse(JSON.stringify(writeJson(scalar({ kind: 'number' }), value, place)));
      expect(readJson(scalar({ kind: 'number' }), written, place)).toBe(value);
    }
  });

  it('keep the milliseconds of timestamps', () => {
    const shape = scalar({ kind: 'timestamp', format: 'default' });
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }), (date) => {
        const written: unknown = JSON.parse(JSON.stringify(writeJson(shape, date, place)));
        expect(readJson(shape, written, place)).toEqual(date);
      }),
    );
  });

  it('refuse a big integer that JSON has already rounded', () => {
    expect(readJson(scalar({ kind: 'bigInteger' }), 2 ** 53 - 1, place)).toBe(9007199254740991n);
    expect(() => readJson(scalar({ kind: 'bigInteger' }), 2 ** 53, place)).toThrow('2^53');
  });

  it('take __proto__ as a key of a map like any other', () => {
    const map = inputOf(ecsSchema, 'RegisterTaskDefinition').members.find(
      ({ name }) => name === 'containerDefinitions',
    );
    const body: unknown = JSON.parse('[{"dockerLabels":{"__proto__":"x","a":"b"}}]');
    const [container] = readJson(map?.shape as Shape, body, place) as [{ dockerLabels: Record<string, string> }];
    expect(Object.entries(container.dockerLabels)).toEqual([
      ['__proto__', 'x'],
      ['a', 'b'],
    ]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('take members only from the object itself', () => {
    const body: unknown = JSON.parse('{"__proto__":{"serviceName":"planted"}}');
    expect(readJson(inputOf(ecsSchema, 'CreateService'), body, place)).toEqual({});
  });
});

describe('form parameters', () => {
  const read = (text: string): unknown =>
    readQueryMembers(inputOf(elbSchema, 'CreateRule'), parameterTree(new URLSearchParams(text)), 'awsQuery');

  it('make lists in the order of their numbers, gaps or not', () => {
    const names = [10, 2, 1].map((index) => `Conditions.member.${index}.Field=f${index}`).join('&');
    expect(read(names)).toEqual({ Conditions: [{ Field: 'f1' }, { Field: 'f2' }, { Field: 'f10' }] });
  });

  it('cost no more than what was sent, although shapes contain themselves', () => {
    expect(read('ListenerArn=arn&Priority=5')).toEqual({ ListenerArn: 'arn', Priority: 5 });
  });

  it('are refused when nested absurdly deep or of the wrong kind', () => {
    expect(() => read(`${'a.'.repeat(100)}a=1`)).toThrow('nested too deeply');
    expect(() => read('Priority=many')).toThrow('Priority is not a number');
    expect(() => read('ListenerArn.member.1=x')).toThrow('ListenerArn is not a single value');
  });
});

/** Any code points but lone surrogates, which UTF-8 has no form for. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10_ff_ff }))
  .map((codes) => String.fromCodePoint(...codes.map((code) => (code >= 0xd8_00 && code <= 0xdf_ff ? 0x41 : code))));

describe('XML', () => {
  it('gives text back as it was, except what XML cannot carry', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are meant.
        const carried = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
        expect(parseXml(`<a>${escapeXml(text)}</a>`).text).toBe(carried);
      }),
    );
  });

  it('is read with attributes, CDATA, comments and namespaces', () => {
    const xml = `<?xml version="1.0"?><!-- c --><n:a xmlns:n="u" n:k='v &lt; "w"'><b><![CDATA[<x>&]]></b><c/>&#65;&#x42;</n:a>`;
    const element = parseXml(xml);
    expect(element).toMatchObject({ name: 'a', attributes: { k: 'v < "w"' }, text: 'AB' });
    expect(element.children).toMatchObject([
      { name: 'b', text: '<x>&' },
      { name: 'c', text: '' },
    ]);
  });

  it.each([
    '',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a>&unknown;</a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a>'.repeat(100),
  ])('that is not valid is refused: %s', (xml) => {
    expect(() => parseXml(xml)).toThrow(/is not valid XML|unknown entity|nested too deeply/);
  });
});

describe('lists in a header', () => {
  it('are split at commas, not inside quotes', () => {
    expect(splitHeaderList('a, "b,c \\"d\\"" ,e', 1)).toEqual(['a', 'b,c "d"', 'e']);
  });

  it('of HTTP dates are split at every second comma', () => {
    const dates = ['Mon, 16 Dec 2019 23:48:18 GMT', 'Tue, 17 Dec 2019 23:48:18 GMT'];
    expect(splitHeaderList(dates.join(', '), 2)).toEqual(dates);
  });
});
