/**
 * Whatever AWS's names, tags and values are: what is written loads as every command loads it, and says exactly those
 * values; nothing in it becomes a key, a reference or a line of its own.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { proven } from '../../src/lib/adoption/adopt.js';
import { chooseNames } from '../../src/lib/adoption/choose-names.js';
import type { ClusterFacts } from '../../src/lib/adoption/model.js';
import { jsonText, yamlComment, yamlText } from '../../src/lib/adoption/yaml-text.js';
import { loadProject } from '../../src/lib/config/load.js';
import { sameTaskDefinition } from '../../src/lib/config/normalise-task-definition.js';
import { resolveEnvironment } from '../../src/lib/config/resolve.js';
import { renderTaskDefinition } from '../../src/lib/config/template.js';
import { account, behind, clusterOf, containerOf, routingOf } from '../helpers/adoption-facts.js';
import { tempProject } from '../helpers/temp-project.js';

const nasty = [
  '\n',
  '\r\n',
  '\u0085',
  '\u2028',
  '\u0000',
  '\u001b[31m',
  '\u202e',
  '\ufeff',
  '\t',
  ' ',
  '#',
  ' # ',
  ': ',
  '- ',
  '"',
  "'",
  '\\',
  '`',
  '{',
  '}',
  '[',
  ']',
  '${{',
  '}}',
  '${{ image }}',
  '${{ env.HOME }}',
  '${{ vars.DOLLAR }}',
  '$',
  '$$',
  '&a',
  '*a',
  '!t',
  '|',
  '>',
  '%',
  '@',
  '---',
  '...',
  '<<',
  '?',
  'true',
  'null',
  '~',
  '0x1f',
  '1e3',
  '__proto__',
  'constructor',
  'x: y',
  'services:',
  '😀',
  'ä',
  '漢',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ maxLength: 6, unit: 'binary' })), { maxLength: 6 })
  .map((parts) => parts.join(''));
const something = hostile.map((text) => `x${text}`);
const ecsName = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);

const shapes = fc.record({
  cluster: fc.oneof(ecsName, fc.constant('shop-prod')),
  names: fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: ecsName }, { weight: 1, arbitrary: hostile }), {
    minLength: 1,
    maxLength: 4,
  }),
  tags: fc.dictionary(something, hostile, { maxKeys: 3 }),
  container: ecsName,
  family: ecsName,
  image: fc.oneof(something, fc.constant('nginx')),
  variables: fc.uniqueArray(fc.tuple(something, hostile), { maxLength: 4, selector: ([name]) => name }),
  secrets: fc.uniqueArray(
    fc.tuple(fc.oneof(something, fc.stringMatching(/^[A-Z_]{1,8}$/), fc.constant('__proto__')), something),
    {
      maxLength: 4,
      selector: ([name]) => name,
    },
  ),
  label: something,
  command: fc.array(hostile, { maxLength: 3 }),
  group: something,
  balancer: something,
  paths: fc.array(
    hostile.map((text) => `/${text}`),
    { maxLength: 3 },
  ),
  healthPath: hostile.map((text) => `/${text}`),
  subnet: something,
  port: fc.integer({ min: -1, max: 70_000 }),
});

type Drawn = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

const factsOf = (drawn: Drawn): ClusterFacts =>
  clusterOf(
    drawn.cluster,
    drawn.names.map((name) => ({
      name,
      settings: {
        tags: drawn.tags,
        network: { subnets: [drawn.subnet], securityGroups: [], assignPublicIp: false },
        ...behind(drawn.group, drawn.container, drawn.port),
      },
      definition: { family: drawn.family },
      containers: [
        containerOf(drawn.container, {
          image: drawn.image,
          command: drawn.command,
          dockerLabels: { [drawn.label]: drawn.label },
          environment: drawn.variables.map(([key, value]) => ({ name: `v${key}`, value })),
          secrets: drawn.secrets.map(([key, valueFrom]) => ({ name: key, valueFrom })),
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': drawn.label,
              'awslogs-region': 'eu-west-1',
              'awslogs-stream-prefix': drawn.label,
            },
          },
        }),
      ],
    })),
    {
      routing: routingOf([
        { group: drawn.group, balancer: drawn.balancer, paths: drawn.paths, healthPath: drawn.healthPath },
      ]),
    },
  );

const load = (files: readonly { readonly path: string; readonly text: string }[]) => {
  const folder = tempProject(Object.fromEntries(files.map(({ path, text }) => [path, text])));
  try {
    const project = loadProject({ cwd: folder.root, env: {}, file: `${folder.root}/platform.yaml` });
    const [name = ''] = Object.keys(project.config.environments);
    const environment = resolveEnvironment(project, name, { env: {} });
    return {
      project,
      environment,
      rendered: environment.services.map((service) => {
        const image = `registry/${service.name}:v1`;
        return { service, ...renderTaskDefinition(service, { project, environment, image, account }) };
      }),
    };
  } finally {
    folder.remove();
  }
};

/** A property that compares nothing holds always. */
let compared = 0;

const check = (drawn: Drawn): void => {
  const facts = factsOf(drawn);
  const { adoption, files } = proven(facts, chooseNames({ ...facts, only: [] }));
  expect(adoption.services.length + adoption.leftOut.length).toBe(facts.services.length);
  if (files.length === 0) return;
  const { environment, rendered, project } = load(files);
  expect(environment.cluster).toBe(drawn.cluster);
  expect(environment.config.network?.subnets).toEqual([drawn.subnet]);
  expect(Object.keys(project.config).sort()).toEqual(
    ['defaultEnvironment', 'environments', 'project', 'region', 'runtime', 'services', 'version'].sort(),
  );
  for (const { service, taskDefinition } of rendered) {
    const live = facts.services.find(({ settings }) => settings.name === service.serviceName);
    expect(drawn.names).toContain(service.serviceName);
    expect([service.family, service.container]).toEqual([live?.record?.family, drawn.container]);
    if (service.config.port !== undefined)
      expect([service.config.port, service.config.healthPath]).toEqual([drawn.port, drawn.healthPath]);
    const asked = adoption.services.find(({ name }) => name === service.name)?.questions ?? [];
    expect(asked.map(({ code }) => code)).not.toContain('difference');
    if (asked.some(({ code }) => code === 'secret')) continue;
    compared += 1;
    const containers = taskDefinition.containerDefinitions.map((each) => ({ ...each, image: drawn.image }));
    expect(
      sameTaskDefinition(live?.record?.definition ?? {}, { ...taskDefinition, containerDefinitions: containers }),
    ).toBe(true);
  }
};

describe('hostile names and values', () => {
  it('make files that load and say exactly what AWS says', () => {
    fc.assert(fc.property(shapes, check), { numRuns: 100 });
    expect(compared).toBeGreaterThan(50);
  });

  it('are text in YAML, and one line in comments', () => {
    fc.assert(
      fc.property(hostile, fc.string({ unit: 'binary' }), (key, value) => {
        expect(parse(`${yamlText(key)}: ${yamlText(value)}  ${yamlComment(`${value}${key}`)}\n"end": 1\n`)).toEqual({
          [key]: value,
          end: 1,
        });
        expect(yamlComment(value)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
      {
        numRuns: 500,
        examples: [
          ['\u0085', '\u2028'],
          ['true', 'null'],
          ['😀\u{e0001}', '\ud800'],
        ],
      },
    );
  });

  it('are themselves in JSON, and nothing invisible is in the file', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const written = jsonText({ [`k${text}`]: text });
        expect(JSON.parse(written)).toEqual({ [`k${text}`]: text });
        expect(written.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
