/** `platform` and `platform --help`: only what exists, grouped, at most 24 lines. Pure; the build stores its text. */
export interface HelpEntry {
  readonly name: string;
  readonly summary: string;
}

export interface RootHelp {
  readonly version: string;
  /** Top-level commands and topics. */
  readonly entries: readonly HelpEntry[];
}

const groups: readonly { readonly title: string; readonly names: readonly string[] }[] = [
  {
    title: 'Daily',
    names: [
      'deploy',
      'rollback',
      'promote',
      'abort',
      'attach',
      'approvals',
      'status',
      'diagnose',
      'logs',
      'releases',
      'diff',
      'open',
      'build',
    ],
  },
  {
    title: 'Operate',
    names: [
      'restart',
      'scale',
      'exec',
      'run',
      'tunnel',
      'env',
      'secrets',
      'migrate',
      'runbook',
      'runs',
      'lock',
      'cost',
      'slo',
      'dashboard',
    ],
  },
  {
    title: 'Set up',
    names: ['init', 'adopt', 'config', 'doctor', 'bootstrap', 'infra', 'sandbox', 'completion', 'help'],
  },
];

const maxLines = 24;
const width = 78;
/** Names are never cut: they fit the narrowest terminal that we promise. */
const packedWidth = 60;

interface Group {
  readonly title: string;
  readonly entries: readonly HelpEntry[];
}

const grouped = (entries: readonly HelpEntry[]): readonly Group[] => {
  const placed = new Set(groups.flatMap(({ names }) => names));
  return groups
    .map(({ title, names }) => ({
      title,
      entries: [
        ...names.flatMap((name) => entries.filter((entry) => entry.name === name)),
        ...(title === 'Operate' ? entries.filter((entry) => !placed.has(entry.name)) : []),
      ],
    }))
    .filter((group) => group.entries.length > 0);
};

const oneEach = ({ title, entries }: Group): readonly string[] => [
  title,
  ...entries.map(({ name, summary }) => cut(`  ${name.padEnd(11)}${summary}`)),
];

/** Several names to a line. */
const packed = ({ title, entries }: Group): readonly string[] => {
  const lines: string[] = [];
  let line = ' ';
  for (const { name } of entries) {
    if (line.length + name.length + 1 > packedWidth) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${name}`;
  }
  return [title, ...lines, line];
};

const cut = (text: string): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

export const rootHelp = ({ version, entries }: RootHelp): string => {
  const head = [`platform ${version}: ship, operate and rehearse containers on AWS`, 'Usage: platform COMMAND [flags]'];
  const tail = ['More: platform help NAME; also exit-codes, json, variables'];
  const all = grouped(entries);
  // The last groups are packed first: what is used daily keeps its explanation longest.
  for (let detailed = all.length; detailed >= 0; detailed--) {
    const body = all.flatMap((group, index) => (index < detailed ? oneEach(group) : packed(group)));
    const lines = [...head, ...body, ...tail];
    if (lines.length <= maxLines) return `${lines.join('\n')}\n`;
  }
  return `${[...head, ...all.flatMap(packed), ...tail].join('\n')}\n`;
};
