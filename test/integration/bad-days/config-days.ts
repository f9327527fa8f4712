/** Days on which what the project or its operator wrote is wrong. */
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { choosesEnvironment, type Day, edited, readsConfig, when, withFlags } from './day.js';

export const configDays: readonly Day[] = [
  {
    name: 'there is no platform.yaml',
    strikes: when(readsConfig, {
      exit: 3,
      code: 'E_NO_CONFIG',
      says: /no platform\.yaml in/,
      hint: /^platform init$/m,
    }),
    arrange: (stage) => {
      rmSync(join(stage.cwd, 'platform.yaml'));
      return {};
    },
  },
  {
    name: '--config names a file that is not there',
    strikes: when(readsConfig, { exit: 3, code: 'E_NO_CONFIG', says: /nowhere\.yaml/, hint: /^platform init$/m }),
    arrange: () => ({ argv: (argv) => withFlags(argv, ['--config', 'nowhere.yaml']) }),
  },
  {
    name: 'platform.yaml is not YAML',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /platform\.yaml:\d+:\d+ / }),
    arrange: edited((yaml) => yaml.replace('services:', 'services: {')),
  },
  {
    name: 'platform.yaml has an unknown key',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /platform\.yaml:2:1 .*projekt[\s\S]*project/ }),
    arrange: edited((yaml) => yaml.replace('project:', 'projekt:')),
  },
  {
    name: 'platform.yaml is a folder',
    strikes: when(readsConfig, { exit: 3, code: ['E_CONFIG', 'E_NO_CONFIG'], says: /platform\.yaml/ }),
    arrange: (stage) => {
      rmSync(join(stage.cwd, 'platform.yaml'));
      symlinkSync(stage.cwd, join(stage.cwd, 'platform.yaml'));
      return {};
    },
  },
  {
    name: 'a task definition is gone',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /task-definitions\/api\.json/ }),
    arrange: (stage) => {
      rmSync(join(stage.cwd, 'task-definitions', 'api.json'));
      return {};
    },
  },
  {
    name: 'a variable is not set',
    strikes: when(readsConfig, { exit: 3, code: 'E_CONFIG', says: /OWNER/ }),
    arrange: edited((yaml) => `${yaml.replace('region: eu-west-1', 'region: ${{ env.OWNER }}')}variables: [OWNER]\n`),
  },
  {
    name: 'the environment does not exist',
    strikes: when(choosesEnvironment, { exit: 5, code: 'E_NOT_FOUND', says: /nowhere[\s\S]*staging/ }),
    arrange: () => ({ argv: (argv) => withFlags(argv, ['--env', 'nowhere']) }),
    only: true,
  },
  {
    name: 'several environments and none is chosen',
    strikes: when(choosesEnvironment, {
      exit: 2,
      code: 'E_ENVIRONMENT_CHOICE',
      says: /staging/,
      hint: /^--env staging$/m,
    }),
    arrange: edited((yaml) => yaml.replace('defaultEnvironment: staging\n', '')),
  },
  {
    name: 'the service does not exist',
    strikes: ({ row }) =>
      row.unknownService === undefined ? undefined : { exit: 5, code: 'E_NOT_FOUND', says: /nobody[\s\S]*api/ },
    arrange: (_stage, { id, row }) => ({
      argv: () => row.unknownService?.split(' ').slice(id.split(':').length) ?? [],
    }),
    only: true,
  },
];
