/**
 * Every environment variable that is read, and what it does: for `platform help variables` and docs/variables.md. A test
 * looks through src and bin and fails for one that is missing here.
 */
import type { Line } from './report.js';
import { wrapped } from './wrap.js';

export interface VariableRow {
  readonly name: string;
  readonly group: VariableGroup;
  readonly what: string;
}

/** set: read to know where we run; development: read by this repository's own tools only. */
export const variableGroups = {
  platform: 'platform',
  aws: 'AWS: the same as for the AWS CLI, read by the AWS SDK; none of them counts in a sandbox',
  terminal: 'Terminal',
  ci: 'CI: set by the provider, read to know where we run and who started it',
  system: 'System',
  development: "Development: for this repository's own tests",
} as const;
export type VariableGroup = keyof typeof variableGroups;

const row = (group: VariableGroup, name: string, what: string): VariableRow => ({ name, group, what });

export const variableRows: readonly VariableRow[] = [
  row('platform', 'PLATFORM_ENV', 'The environment to work on, where -e/--env does not say.'),
  row('platform', 'PLATFORM_CONFIG', 'Path of platform.yaml, where --config does not say.'),
  row('platform', 'PLATFORM_SANDBOX', '1: work on the running sandbox instead of AWS. A URL: on the one there.'),
  row('platform', 'XDG_STATE_HOME', 'Where journals, locks and debug logs are: the folder platform below it.'),
  row('aws', 'AWS_PROFILE', 'Profile of ~/.aws/config, where platform.yaml names none.'),
  row('aws', 'AWS_ACCESS_KEY_ID', 'Credentials, together with the next one.'),
  row('aws', 'AWS_SECRET_ACCESS_KEY', 'Credentials. Never printed, logged or handed to a smoke test in a sandbox.'),
  row('aws', 'AWS_SESSION_TOKEN', 'Goes with temporary credentials.'),
  row('aws', 'AWS_REGION', 'The region, where platform.yaml names none; else us-east-1.'),
  row('aws', 'AWS_DEFAULT_REGION', 'What AWS_REGION falls back to for programs that we start.'),
  row('aws', 'AWS_CONFIG_FILE', 'Another ~/.aws/config.'),
  row('aws', 'AWS_SHARED_CREDENTIALS_FILE', 'Another ~/.aws/credentials.'),
  row('aws', 'AWS_ROLE_ARN', 'With AWS_WEB_IDENTITY_TOKEN_FILE: the role of a CI job (OIDC).'),
  row('aws', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'The token of a CI job.'),
  row('aws', 'AWS_ENDPOINT_URL', 'Another endpoint of AWS. A sandbox is chosen by PLATFORM_SANDBOX instead.'),
  row('aws', 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'Set for the SDK, so that its notice is not ours.'),
  row('terminal', 'NO_COLOR', 'Not empty: no colour, also when FORCE_COLOR is set.'),
  row('terminal', 'FORCE_COLOR', 'Not empty and not 0: colour also where the output is no terminal.'),
  row('terminal', 'FORCE_HYPERLINK', '0: no links. Anything else: links even where the terminal is unknown.'),
  row('terminal', 'TERM', 'dumb: no colour, no links. Some names say that the terminal has links.'),
  row('terminal', 'TERM_PROGRAM', 'Says that the terminal has links: iTerm.app, WezTerm, vscode, ghostty and others.'),
  row('terminal', 'VTE_VERSION', 'Says that the terminal has links, from 5001.'),
  row('terminal', 'KONSOLE_VERSION', 'Says that the terminal has links, from 201200.'),
  row('terminal', 'KITTY_WINDOW_ID', 'Says that the terminal has links.'),
  row('terminal', 'WT_SESSION', 'Says that the terminal has links.'),
  row('terminal', 'DOMTERM', 'Says that the terminal has links.'),
  row('terminal', 'STY', 'GNU screen: no links.'),
  row('terminal', 'DISPLAY', 'A screen is there: `platform open` starts a browser.'),
  row('terminal', 'WAYLAND_DISPLAY', 'A screen is there: `platform open` starts a browser.'),
  row('ci', 'CI', 'Not empty: nothing is asked, no live view. false or 0: not in CI, whatever else is set.'),
  row('ci', 'BUILD_ID', 'Not empty: in CI.'),
  row('ci', 'BUILD_NUMBER', 'Not empty: in CI. With Jenkins the number of the build, for the journal.'),
  row('ci', 'TEAMCITY_VERSION', 'Not empty: in CI.'),
  row('ci', 'GITHUB_ACTIONS', 'true: groups, annotations, step summary and outputs.'),
  row('ci', 'GITHUB_STEP_SUMMARY', 'File that the summary of the run is added to.'),
  row('ci', 'GITHUB_OUTPUT', 'File that run_id and outcome are written to.'),
  row('ci', 'GITHUB_WORKSPACE', 'Folder that the files of annotations are named from.'),
  row('ci', 'GITHUB_REPOSITORY', 'Who, for the journal.'),
  row('ci', 'GITHUB_RUN_NUMBER', 'Who, for the journal.'),
  row('ci', 'GITHUB_ACTOR', 'Who, for the journal: a claim, not an identity.'),
  row('ci', 'GITLAB_CI', 'Not empty: in CI.'),
  row('ci', 'CI_PROJECT_PATH', 'Who, for the journal.'),
  row('ci', 'CI_PIPELINE_ID', 'Who, for the journal.'),
  row('ci', 'JENKINS_URL', 'Not empty: in CI.'),
  row('ci', 'JOB_NAME', 'Who, for the journal.'),
  row('system', 'HOME', 'Where the search for platform.yaml ends, and where the state folder is by default.'),
  row('system', 'PATH', 'Where programs are found: those of smoke tests, git, a browser.'),
  row('system', 'USER', 'Who, for the journal, where the system does not say.'),
  row('system', 'LOGNAME', 'Who, for the journal, where neither the system nor USER says.'),
  row('development', 'LANG', 'The language of the terminal that the demo is recorded in.'),
  row('development', 'PLATFORM_TEST_REQUIRE', 'all: a test whose tool is missing fails instead of being skipped.'),
];

const textColumns = 56;

const isShown = ({ group }: VariableRow): boolean => group !== 'development';

export const shownVariables = (): readonly VariableRow[] => variableRows.filter(isShown);

const groupLines = (group: VariableGroup): readonly Line[] => [
  ...wrapped(variableGroups[group], textColumns).map((text): Line => [{ text, tone: 'strong' }]),
  ...variableRows
    .filter((one) => one.group === group)
    .flatMap(({ name, what }): readonly Line[] => [
      [{ text: `  ${name}`, tone: 'accent' }],
      ...wrapped(what, textColumns - 4).map((text) => `    ${text}`),
    ]),
  '',
];

export const variableLines = (): readonly Line[] => {
  const groups = [...new Set(shownVariables().map(({ group }) => group))];
  return groups.flatMap(groupLines).slice(0, -1);
};

export const variablesMarkdown = (): string =>
  (Object.keys(variableGroups) as readonly VariableGroup[])
    .map((group) => {
      const rows = variableRows.filter((one) => one.group === group);
      return [`## ${variableGroups[group]}`, '', '| variable | |', '|---|---|', ...rows.map(markdownRow)].join('\n');
    })
    .join('\n\n');

const markdownRow = ({ name, what }: VariableRow): string => `| \`${name}\` | ${what.replaceAll('|', '\\|')} |`;
