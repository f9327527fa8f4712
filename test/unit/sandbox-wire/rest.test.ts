import { AwsRestJsonProtocol, AwsRestXmlProtocol } from '@aws-sdk/core/protocols';
import { describe, expect, it } from 'vitest';
import { createDispatcher } from '../../../src/lib/sandbox/dispatch.js';
import { AwsError, type ServiceModule } from '../../../src/lib/sandbox/service.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { type SyntheticApi, syntheticClient } from '../../helpers/synthetic-client.js';

const namespace = 'com.example.store';

// The layout of the SDK's schemas: [kind, namespace, name, traits, member names, member schemas, required count].
const Owner = [3, namespace, 'Owner', 0, ['ID', 'Names'], [0, [64, { xmlFlattened: 1, xmlName: 'Name' }]]];
const Document = [
  3,
  namespace,
  'Document',
  0,
  ['Owner', 'Sizes', 'Tags', 'At'],
  [() => Owner, () => Sizes, () => Tags, 4],
  1,
];
const Sizes = [1, namespace, 'Sizes', 0, [1, { xmlName: 'Size' }]];
const Tags = [2, namespace, 'Tags', 0, 0, 0];
const Metadata = [2, namespace, 'Metadata', 0, 0, 0];
const PutObjectInput = [
  3,
  namespace,
  'PutObjectInput',
  0,
  ['Bucket', 'Key', 'Body', 'ContentType', 'IfNoneMatch', 'Metadata', 'Modified', 'Flags'],
  [
    [0, 1],
    [0, 1],
    [() => StreamingBlob, 16],
    [0, { httpHeader: 'Content-Type' }],
    [0, { httpHeader: 'If-None-Match' }],
    [() => Metadata, { httpPrefixHeaders: 'x-amz-meta-' }],
    [4, { httpHeader: 'x-modified' }],
    [64, { httpHeader: 'x-flags' }],
  ],
  2,
];
const StreamingBlob = [0, namespace, 'StreamingBlob', { streaming: 1 }, 42];
const PutObjectOutput = [
  3,
  namespace,
  'PutObjectOutput',
  0,
  ['ETag', 'Status'],
  [
    [0, { httpHeader: 'ETag' }],
    [1, 32],
  ],
];
const GetObjectInput = [
  3,
  namespace,
  'GetObjectInput',
  0,
  ['Bucket', 'Key', 'Part'],
  [
    [0, 1],
    [0, 1],
    [1, { httpQuery: 'part' }],
  ],
  2,
];
const GetObjectOutput = [
  3,
  namespace,
  'GetObjectOutput',
  0,
  ['Body', 'Metadata', 'LastModified'],
  [
    [() => StreamingBlob, 16],
    [() => Metadata, { httpPrefixHeaders: 'x-amz-meta-' }],
    [4, { httpHeader: 'Last-Modified' }],
  ],
];
const ListInput = [
  3,
  namespace,
  'ListInput',
  0,
  ['Bucket', 'Prefix', 'Only'],
  [
    [0, 1],
    [0, { httpQuery: 'prefix' }],
    [64, { httpQuery: 'only' }],
  ],
  1,
];
const ListOutput = [3, namespace, 'ListOutput', 0, ['Documents', 'Count'], [[() => Documents, { xmlFlattened: 1 }], 1]];
const Documents = [1, namespace, 'Documents', 0, () => Document];
const PutDocumentInput = [
  3,
  namespace,
  'PutDocumentInput',
  0,
  ['Bucket', 'Document'],
  [
    [0, 1],
    [() => Document, { httpPayload: 1, xmlName: 'Doc' }],
  ],
  2,
];
const NoSuchKey = [-3, namespace, 'NoSuchKey', { error: 'client', httpError: 404 }, ['message'], [0]];

const operation = (name: string, http: readonly [string, string, number], input: unknown, output: unknown) =>
  [9, namespace, name, { http }, () => input, () => output] as const;

const api = (signingName: string, protocol: object): SyntheticApi => ({
  signingName,
  protocol,
  exports: {
    PutObject$: operation('PutObject', ['PUT', '/{Bucket}/{Key+}', 200], PutObjectInput, PutObjectOutput),
    GetObject$: operation('GetObject', ['GET', '/{Bucket}/{Key+}', 200], GetObjectInput, GetObjectOutput),
    GetAcl$: operation('GetAcl', ['GET', '/{Bucket}/{Key+}?acl', 200], GetObjectInput, ListOutput),
    List$: operation('List', ['GET', '/{Bucket}?list-type=2', 200], ListInput, ListOutput),
    PutDocument$: operation('PutDocument', ['PUT', '/{Bucket}?document', 204], PutDocumentInput, 'unit'),
    NoSuchKey$: NoSuchKey as never,
  },
});

const options = { defaultNamespace: namespace, errorTypeRegistries: [], xmlNamespace: 'http://store.example/' };

const setUp = (chosen: SyntheticApi) => {
  const seen: { operation?: string; input?: unknown } = {};
  const answer: { output?: unknown; error?: AwsError } = {};
  const operations = Object.fromEntries(
    ['PutObject', 'GetObject', 'GetAcl', 'List', 'PutDocument'].map((name) => [
      name,
      (input: unknown) => {
        Object.assign(seen, { operation: name, input });
        if (answer.error) throw answer.error;
        return answer.output ?? {};
      },
    ]),
  );
  const module: ServiceModule = {
    id: 'store',
    signingName: chosen.signingName,
    loadSchema: async () => chosen.exports,
    initial: () => ({}),
    operations,
  };
  const world = new World([module], { now: 0, sandboxId: 'test' });
  return { seen, answer, client: syntheticClient(chosen, createDispatcher({ world, modules: [module] })) };
};

const document = {
  Owner: { ID: '<a & b>', Names: ['one', ' two ', 'drei ß'] },
  Sizes: [1, 2.5],
  Tags: { 'key 1': 'value', key2: '' },
  At: new Date(1_700_000_000_123),
};

describe.each([
  ['restXml', () => api('s3', new AwsRestXmlProtocol(options))],
  ['restJson1', () => api('store', new AwsRestJsonProtocol(options))],
])('%s', (_protocol, make) => {
  it('takes labels with slashes, raw bodies, headers, prefixed headers and header lists', async () => {
    const { seen, answer, client } = setUp(make());
    answer.output = { ETag: '"abc"', Status: 201 };
    const input = {
      Bucket: 'my-bucket',
      Key: 'folder/a b+ü%.txt',
      Body: new Uint8Array([0, 1, 250]),
      ContentType: 'text/x-test',
      IfNoneMatch: '*',
      Metadata: { owner: 'me', 'x-y': 'z' },
      Modified: new Date(1_700_000_000_000),
      Flags: ['a', 'b,c', 'd "e"'],
    };
    const output = await client.call('PutObject', input);
    expect(seen).toEqual({ operation: 'PutObject', input });
    expect(output).toMatchObject({ ETag: '"abc"', Status: 201 });
  });

  it('answers raw bodies with metadata and dates in headers', async () => {
    const { seen, answer, client } = setUp(make());
    answer.output = {
      Body: new Uint8Array([9, 8]),
      Metadata: { owner: 'me' },
      LastModified: new Date(1_700_000_000_000),
    };
    const output = await client.call('GetObject', { Bucket: 'b', Key: 'k', Part: 3 });
    expect(seen.input).toEqual({ Bucket: 'b', Key: 'k', Part: 3 });
    expect(output).toMatchObject({ Metadata: { owner: 'me' }, LastModified: new Date(1_700_000_000_000) });
    const body = output['Body'] as { transformToByteArray(): Promise<Uint8Array> };
    expect([...(await body.transformToByteArray())]).toEqual([9, 8]);
  });

  it('tells operations on one path apart by the literals of their query', async () => {
    const { seen, client } = setUp(make());
    await client.call('GetAcl', { Bucket: 'b', Key: 'k' });
    expect(seen.operation).toBe('GetAcl');
    await client.call('List', { Bucket: 'b', Prefix: 'a&b =', Only: ['x', 'y'] });
    expect(seen).toEqual({ operation: 'List', input: { Bucket: 'b', Prefix: 'a&b =', Only: ['x', 'y'] } });
  });

  it('carries a document in the body, both ways', async () => {
    const { seen, answer, client } = setUp(make());
    await client.call('PutDocument', { Bucket: 'b', Document: document });
    expect(seen.input).toEqual({ Bucket: 'b', Document: document });
    answer.output = { Documents: [document, document], Count: 2 };
    expect(await client.call('List', { Bucket: 'b' })).toMatchObject({ Documents: [document, document], Count: 2 });
  });

  it('answers a modelled error with its own status', async () => {
    const { answer, client } = setUp(make());
    answer.error = new AwsError('NoSuchKey', 'The key <k> does not exist.');
    await expect(client.call('GetObject', { Bucket: 'b', Key: 'k' })).rejects.toMatchObject({
      name: 'NoSuchKey',
      message: 'The key <k> does not exist.',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('answers 501 where no operation has this method and path', async () => {
    const chosen = make();
    const { client } = setUp({
      ...chosen,
      exports: { ...chosen.exports, Delete$: operation('Delete', ['DELETE', '/{Bucket}', 204], ListInput, 'unit') },
    });
    await expect(client.call('Delete', { Bucket: 'b' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  });
});
