/** awsQuery (IAM, STS, ELBv2, RDS, ElastiCache) and ec2Query: a form comes in, XML goes out. */
import { bytesToText, type EventCodec, type Protocol, textToBytes, type WireRequest } from './message.js';
import { parameterTree, type QueryDialect, readQueryMembers } from './query-values.js';
import { malformed, type Structure } from './scalars.js';
import type { Operation } from './schema.js';
import { escapeXml, writeXmlMembers } from './xml-write.js';

const xml = (status: number, text: string) => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8' },
  body: textToBytes(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`),
});

/** Old tools send the parameters by GET. */
export const formParameters = ({ body, query }: Pick<WireRequest, 'body' | 'query'>): URLSearchParams => {
  if (body.length === 0) return query;
  try {
    return new URLSearchParams(bytesToText(body));
  } catch {
    throw malformed('', 'is not UTF-8');
  }
};

const noEvents: EventCodec = {
  contentType: 'application/xml',
  write: () => {
    throw new Error('query protocols have no event streams');
  },
};

const readInput =
  (dialect: QueryDialect): Protocol['readInput'] =>
  ({ operation, request }) =>
    operation.input ? readQueryMembers(operation.input, parameterTree(formParameters(request)), dialect) : {};

const members = (operation: Operation, output: Structure): string =>
  operation.output ? writeXmlMembers(operation.output, output, { path: '' }) : '';

export const awsQuery: Protocol = {
  id: 'awsQuery',
  readInput: readInput('awsQuery'),
  writeOutput: (output, { operation, requestId }) => {
    const { name } = operation;
    const result = operation.output ? `<${name}Result>${members(operation, output)}</${name}Result>` : '';
    const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    return xml(200, `<${name}Response>${result}${metadata}</${name}Response>`);
  },
  writeError: ({ code, status, type, source }, { schema, requestId }) => {
    const shape = schema.errors.get(source.code);
    const extra = shape
      ? writeXmlMembers(shape, { ...source.extra, message: undefined, Message: undefined }, { path: '' })
      : '';
    const error = `<Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(source.message)}</Message>${extra}`;
    return xml(status, `<ErrorResponse><Error>${error}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`);
  },
  events: noEvents,
};

export const ec2Query: Protocol = {
  id: 'ec2Query',
  readInput: readInput('ec2Query'),
  writeOutput: (output, { operation, requestId }) => {
    const tag = `${operation.name}Response`;
    return xml(200, `<${tag}><requestId>${requestId}</requestId>${members(operation, output)}</${tag}>`);
  },
  writeError: ({ code, status, source }, { requestId }) => {
    const error = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(source.message)}</Message>`;
    return xml(
      status,
      `<Response><Errors><Error>${error}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
    );
  },
  events: noEvents,
};
