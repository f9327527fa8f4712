/**
 * One row per command of the manifest: how it is typed on a good day, and what it stands on. A day (days.ts) strikes
 * what it breaks, so a new command needs a row here and nothing else; without one the suite fails and says so.
 */

/**
 * config: reads platform.yaml · environment: chooses one of its environments · target: resolves environment, account and
 * region (so it needs the two before, and AWS) · aws: calls AWS for a run's own target · run: names a run · runs: looks through the runs · engine: starts or goes on with a run ·
 * lock: reads the lock row · control: asks a running sandbox · registry: needs one to be known, asks it nothing.
 */
export type Need =
  | 'config'
  | 'environment'
  | 'target'
  | 'aws'
  | 'run'
  | 'runs'
  | 'engine'
  | 'lock'
  | 'control'
  | 'registry'
  | 'workspace';

export interface CommandRow {
  /** Words behind `platform`. GOOD, BAD, PAUSED and DEAD stand for the runs that stage.ts makes. */
  readonly argv: string;
  readonly needs: readonly Need[];
  /** Exit code on a good day; 0 when absent. */
  readonly exit?: number;
  /** The same with a service that does not exist; absent where no service can be named. */
  readonly unknownService?: string;
}

/** By id, as in the manifest. */
export const commandRows: Readonly<Record<string, CommandRow>> = {
  adopt: { argv: 'adopt --cluster shop-staging --region eu-west-1 --output-dir adopted', needs: ['aws', 'workspace'] },
  completion: { argv: 'completion bash', needs: [] },
  'config:schema': { argv: 'config schema', needs: [] },
  'config:show': { argv: 'config show', needs: ['config', 'environment'] },
  'config:validate': { argv: 'config validate', needs: ['config'] },
  deploy: {
    argv: 'deploy api --tag v3',
    needs: ['target', 'engine'],
    unknownService: 'deploy nobody --tag v3',
  },
  diff: { argv: 'diff api --tag v3', needs: ['target'], unknownService: 'diff nobody --tag v3' },
  // Its session needs sockets and a task that allows it (test/integration/sessions.test.ts); here it says what is missing.
  exec: { argv: 'exec api -- date', needs: ['target'], exit: 3, unknownService: 'exec nobody -- date' },
  help: { argv: 'help runs', needs: [] },
  'help:exit-codes': { argv: 'help exit-codes', needs: [] },
  'help:json': { argv: 'help json', needs: [] },
  'help:variables': { argv: 'help variables', needs: [] },
  init: { argv: 'init --yes --dir elsewhere', needs: ['workspace'] },
  'lock:break': { argv: 'lock break --run DEAD --yes', needs: ['run', 'lock'] },
  'lock:status': { argv: 'lock status', needs: ['target', 'lock'] },
  'logs:search': {
    argv: 'logs search api --since 1h',
    needs: ['target'],
    unknownService: 'logs search nobody --since 1h',
  },
  'logs:tail': { argv: 'logs tail api', needs: ['target'], unknownService: 'logs tail nobody' },
  open: { argv: 'open api --print', needs: ['target'], unknownService: 'open nobody --print' },
  releases: { argv: 'releases api', needs: ['target'], unknownService: 'releases nobody' },
  restart: { argv: 'restart api', needs: ['target', 'engine'], unknownService: 'restart nobody' },
  rollback: { argv: 'rollback api --yes', needs: ['target', 'engine'], unknownService: 'rollback nobody --yes' },
  run: { argv: 'run api -- true', needs: ['target', 'engine'], unknownService: 'run nobody -- true' },
  'runs:list': { argv: 'runs list', needs: ['runs'] },
  'runs:resume': { argv: 'runs resume PAUSED', needs: ['run', 'aws', 'engine'] },
  'runs:show': { argv: 'runs show BAD', needs: ['run'] },
  'runs:undo': { argv: 'runs undo PAUSED --yes', needs: ['run', 'aws', 'engine'] },
  'runs:verify': { argv: 'runs verify GOOD', needs: ['run'] },
  'sandbox:env': { argv: 'sandbox env', needs: ['registry'] },
  'sandbox:fault:add': { argv: 'sandbox fault add throttle ecs:* --percent 20', needs: ['control'] },
  'sandbox:fault:clear': { argv: 'sandbox fault clear', needs: ['control'] },
  'sandbox:fault:list': { argv: 'sandbox fault list', needs: ['control'] },
  'sandbox:reset': { argv: 'sandbox reset', needs: ['control'] },
  'sandbox:start': { argv: 'sandbox start', needs: [] },
  'sandbox:status': { argv: 'sandbox status', needs: [] },
  'sandbox:stop': { argv: 'sandbox stop', needs: [] },
  'sandbox:timeline': { argv: 'sandbox timeline --limit 3', needs: ['control'] },
  scale: { argv: 'scale api=3', needs: ['target', 'engine'], unknownService: 'scale nobody=3' },
  status: { argv: 'status', needs: ['target'] },
  // The same: the project names no data store.
  tunnel: { argv: 'tunnel db', needs: ['target'], exit: 5 },
};
