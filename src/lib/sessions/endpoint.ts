/**
 * Where a data store is: written in platform.yaml, or in a parameter or secret that holds a URL, of which only host and
 * port are taken. The rest of such a value is never shown, logged or kept.
 */
import type { StoredValues } from '../aws/stored-values.js';
import type { EnvironmentConfig } from '../config/schema.js';
import { PlatformError } from '../errors/platform-error.js';

type DataStore = NonNullable<EnvironmentConfig['dataStores']>[string];

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const usualPorts: Readonly<Record<DataStore['kind'], number>> = {
  postgres: 5432,
  mysql: 3306,
  redis: 6379,
  valkey: 6379,
  memcached: 11211,
};

const hostPattern = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

const checked = (host: unknown, port: unknown): Endpoint | undefined => {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (typeof host !== 'string' || !hostPattern.test(host)) return undefined;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
  return { host, port: number };
};

/** A URL, `host:port`, `host`, or the JSON that RDS keeps in Secrets Manager. Undefined for anything else. */
export const endpointIn = (value: string, kind: DataStore['kind']): Endpoint | undefined => {
  const text = value.trim();
  const usual = usualPorts[kind];
  if (text.startsWith('{')) return inJson(text, usual);
  const url = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#:@]+)(?::(\d+))?(?:[/?#]|$)/i.exec(text);
  if (url) return checked(url[1], url[2] ?? usual);
  const plain = /^([^\s:/@]+)(?::(\d+))?$/.exec(text);
  return plain ? checked(plain[1], plain[2] ?? usual) : undefined;
};

const inJson = (text: string, usual: number): Endpoint | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { host, port } = value as { readonly host?: unknown; readonly port?: unknown };
    return checked(host, port ?? usual);
  } catch {
    return undefined;
  }
};

export interface EndpointRequest {
  /** Name in platform.yaml. */
  readonly name: string;
  readonly environment: string;
  readonly store: DataStore;
  readonly values: StoredValues;
}

/** Throws E_CONFIG where platform.yaml does not say, E_NOT_FOUND where what it names is not there. */
export const resolveEndpoint = async (request: EndpointRequest): Promise<Endpoint> => {
  const { name, environment, store } = request;
  const where = `environments.${environment}.dataStores.${name}.endpoint`;
  if (store.endpoint === undefined)
    throw new PlatformError('E_CONFIG', `platform.yaml does not say where ${name} is`, {
      hints: [`${where}: HOST:PORT`, `${where}: ssm:/path/of/a/parameter/with/its/URL`],
      details: { dataStore: name, path: where },
    });
  const stored = await storedValue(request, store.endpoint);
  const found = endpointIn(stored ?? store.endpoint, store.kind);
  if (found) return found;
  throw new PlatformError('E_CONFIG', `what ${where} names holds neither a URL nor HOST:PORT`, {
    hints: [`${where}: HOST:PORT`],
    details: { dataStore: name, path: where },
  });
};

/** Undefined when the address is written in platform.yaml itself. */
const storedValue = async ({ name, values }: EndpointRequest, endpoint: string): Promise<string | undefined> => {
  const match = /^(ssm|secretsmanager):(.+)$/.exec(endpoint);
  if (match === null) return undefined;
  const [, kind, id = ''] = match;
  const value = kind === 'ssm' ? await values.parameter(id) : await values.secret(id);
  if (value !== undefined) return value;
  throw new PlatformError('E_NOT_FOUND', `${endpoint}, which says where ${name} is, does not exist`, {
    hints: [
      kind === 'ssm'
        ? `aws ssm get-parameter --name ${id} --query Parameter.Name`
        : `aws secretsmanager describe-secret --secret-id ${id}`,
    ],
    details: { dataStore: name },
  });
};
