/**
 * Where a container's logs go, by the options of its log driver. What can be read from CloudWatch is a group; anything
 * else is described, by host and names only: tokens, keys and headers in the options are never looked at. Pure.
 */
export interface LogConfiguration {
  readonly logDriver?: string;
  readonly options?: Readonly<Record<string, string>>;
}

export type Destination =
  | {
      readonly kind: 'group';
      readonly group: string;
      /** awslogs-region, where it is another one. */
      readonly region?: string;
      /** awslogs: streams are `prefix/container/task`. */
      readonly prefix?: string;
    }
  | { readonly kind: 'elsewhere'; readonly driver: string; readonly text: string };

type Options = Readonly<Record<string, string>>;

/** Option names are case-insensitive in Fluent Bit. */
const option = (options: Options, ...names: readonly string[]): string | undefined => {
  for (const [key, value] of Object.entries(options))
    if (names.includes(key.toLowerCase()) && value.trim() !== '') return value.trim();
  return undefined;
};

/** Scheme, host and port: no user, no password, no path, no query (tokens live there). */
export const safeHost = (address: string): string => {
  const withScheme = address.includes('://') ? address : `tcp://${address}`;
  if (!URL.canParse(withScheme)) return 'an address that cannot be shown';
  const { protocol, host } = new URL(withScheme);
  if (host === '')
    return protocol === 'unix:' || protocol === 'unixgram:'
      ? 'a socket of the machine'
      : 'an address that cannot be shown';
  return address.includes('://') ? `${protocol}//${host}` : host;
};

const at = (address: string | undefined, fallback: string): string =>
  address === undefined ? fallback : `at ${safeHost(address)}`;

const elsewhere = (driver: string, text: string): Destination => ({ kind: 'elsewhere', driver, text });

export const destinationOf = (log: LogConfiguration | undefined, fargate: 'fargate' | 'ec2'): Destination => {
  const options = log?.options ?? {};
  const driver = log?.logDriver;
  switch (driver) {
    case undefined:
      return fargate === 'fargate'
        ? elsewhere('none', 'nowhere: the container has no log configuration, and Fargate then keeps nothing')
        : elsewhere('json-file', "a file on the container instance's disk (docker logs there)");
    case 'awslogs':
      return awslogs(options);
    case 'awsfirelens':
      return firelens(options);
    case 'splunk':
      return elsewhere(driver, `Splunk ${at(option(options, 'splunk-url'), 'at an address that its secrets hold')}`);
    case 'syslog':
      return elsewhere(driver, `syslog ${at(option(options, 'syslog-address'), 'of the container instance')}`);
    case 'gelf':
      return elsewhere(
        driver,
        `Graylog (GELF) ${at(option(options, 'gelf-address'), 'at an address that is not set')}`,
      );
    case 'fluentd':
      return elsewhere(driver, `Fluentd ${at(option(options, 'fluentd-address'), 'at localhost:24224')}`);
    case 'logentries':
      return elsewhere(driver, 'Logentries');
    case 'journald':
      return elsewhere(driver, 'the journal of the container instance (journalctl there)');
    case 'json-file':
      return elsewhere(driver, "a file on the container instance's disk (docker logs there)");
    case 'none':
      return elsewhere(driver, 'nowhere: its log driver is none');
    default:
      return elsewhere(driver, `the log driver ${driver}`);
  }
};

const awslogs = (options: Options): Destination => {
  const group = options['awslogs-group'];
  const region = options['awslogs-region'];
  const prefix = options['awslogs-stream-prefix'];
  if (!group) return elsewhere('awslogs', 'awslogs without a log group');
  return { kind: 'group', group, ...(region ? { region } : {}), ...(prefix ? { prefix } : {}) };
};

const firelens = (options: Options): Destination => {
  const name = (option(options, 'name', '@type') ?? '').toLowerCase();
  const host = option(options, 'host', 'hostname', 'url', 'endpoint', 'uri', 'base_uri');
  const through = (text: string): Destination => elsewhere('awsfirelens', `${text}, through FireLens`);
  switch (name) {
    case 'cloudwatch':
    case 'cloudwatch_logs':
      return firelensCloudWatch(options);
    case 'loki':
    case 'grafana-loki':
      return through(`Loki ${at(host, 'at 127.0.0.1:3100')}`);
    case 'datadog':
      return through(`Datadog ${at(host, 'at http-intake.logs.datadoghq.com')}`);
    case 'es':
    case 'opensearch':
    case 'elasticsearch':
      return through(`OpenSearch or Elasticsearch ${at(host, 'at 127.0.0.1:9200')}`);
    case 'firehose':
    case 'kinesis_firehose':
      return through(`Data Firehose, stream ${option(options, 'delivery_stream') ?? 'not set'}`);
    case 'kinesis':
    case 'kinesis_streams':
      return through(`Kinesis, stream ${option(options, 'stream') ?? 'not set'}`);
    case 's3':
      return through(`S3, bucket ${option(options, 'bucket') ?? 'not set'}`);
    case 'newrelic':
    case 'nrlogs':
      return through('New Relic');
    case 'null':
      return through('nowhere');
    case '':
      return through('where the configuration of its log router says');
    default:
      return through(`${name}${host === undefined ? '' : ` ${at(host, '')}`}`);
  }
};

/** FireLens may write to CloudWatch too; with a template in the name the group is known at run time only. */
const firelensCloudWatch = (options: Options): Destination => {
  const group = option(options, 'log_group_name');
  const region = option(options, 'region');
  if (group === undefined || group.includes('$('))
    return elsewhere('awsfirelens', `CloudWatch Logs, group ${group ?? 'not set'}, through FireLens`);
  return { kind: 'group', group, ...(region === undefined ? {} : { region }) };
};
