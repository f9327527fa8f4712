/**
 * A real SDK client over a made-up API, for protocols that no installed client speaks (restXml, restJson1): the SDK's own
 * protocol classes serialize and parse, only the schema is ours.
 */
import { ECSClient } from '@aws-sdk/client-ecs';
import { Command } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import type { Dispatcher } from '../../src/lib/sandbox/dispatch.js';
import { inProcessConfig } from './sandbox-client.js';

type StaticSchema = readonly [number, string, string, ...unknown[]];

export interface SyntheticClient {
  call(operation: string, input: object): Promise<Record<string, unknown>>;
}

export interface SyntheticApi {
  readonly signingName: string;
  /** The SDK's protocol class: `new AwsRestXmlProtocol({…})`. */
  readonly protocol: object;
  /** Operations and their shapes, as a client module exports them. */
  readonly exports: Readonly<Record<string, StaticSchema>>;
}

export const syntheticClient = (api: SyntheticApi, dispatcher: Dispatcher): SyntheticClient => {
  // The client signs for ECS; in process nobody verifies it, so the scope can be put right afterwards.
  const rescoped: Dispatcher = {
    handle: (request) => {
      const authorization = request.headers['authorization']?.replace('/ecs/', `/${api.signingName}/`) ?? '';
      return dispatcher.handle({ ...request, headers: { ...request.headers, authorization } });
    },
  };
  const config = { ...inProcessConfig(rescoped), protocol: api.protocol };
  const client = new ECSClient(config as never) as unknown as {
    send(command: object): Promise<Record<string, unknown>>;
  };
  return {
    call: (operation, input) => {
      const schema = Object.values(api.exports).find((item) => item[0] === 9 && item[2] === operation);
      const OperationCommand = commandClass(operation, schema);
      return client.send(new OperationCommand(input));
    },
  };
};

/** The SDK's generated code does the same; its builder is not typed for hand-made commands. */
interface Builder {
  ep(parameters: object): Builder;
  m(middleware: (command: EndpointCommand, stack: unknown, config: never) => readonly unknown[]): Builder;
  s(service: string, operation: string, options: object): Builder;
  n(client: string, command: string): Builder;
  sc(schema: unknown): Builder;
  build(): new (input: object) => object;
}

interface EndpointCommand {
  getEndpointParameterInstructions(): never;
}

const commandClass = (operation: string, schema: unknown) =>
  (Command.classBuilder() as unknown as Builder)
    .ep({
      Endpoint: { type: 'builtInParams', name: 'endpoint' },
      Region: { type: 'builtInParams', name: 'region' },
    })
    .m((command, _stack, config) => [getEndpointPlugin(config, command.getEndpointParameterInstructions())])
    .s('Synthetic', operation, {})
    .n('SyntheticClient', `${operation}Command`)
    .sc(schema)
    .build();
