/**
 * Text that we did not write, through real commands: AWS's answers are poisoned on their way (log lines, events, stopped
 * reasons, tags), and so are the names of those who hold locks and ran runs. It is shown, never obeyed; and what looks like
 * a secret in it reaches no terminal and no file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpResponse } from '@smithy/core/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpTransport } from '../../../src/lib/aws/create-clients.js';
import { debugLog } from '../../../src/lib/context/debug-log.js';
import { redactText } from '../../../src/lib/engine/redact.js';
import { livingWriter, sampleId, writeRun } from '../../helpers/sample-runs.js';
import type { Mode } from './promises.js';
import { type Ending, openStage, type Scene, type Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 120_000);
afterAll(() => stage.dispose());

const foreign = new Set(['stoppedReason', 'reason', 'message', 'statusReason', 'rolloutStateReason', 'createdBy']);
const taggedByUs = /^platform:(commit|run|tag|by)$/;

const poisoned = (value: unknown, text: string): unknown => {
  if (Array.isArray(value)) return value.map((item) => poisoned(item, text));
  if (typeof value !== 'object' || value === null) return value;
  const record = value as Record<string, unknown>;
  const isTag = typeof record['key'] === 'string' && taggedByUs.test(record['key']);
  return Object.fromEntries(
    Object.entries(record).map(([name, member]) => {
      const isForeign = foreign.has(name) || (isTag && name === 'value');
      return [name, isForeign && typeof member === 'string' ? `${text}${member}${text}` : poisoned(member, text)];
    }),
  );
};

/** As an AWS whose containers, users and events say this everywhere. */
const saying =
  (text: string): NonNullable<Scene['transport']> =>
  (inner) =>
    ({
      ...inner,
      handle: async (...args: Parameters<HttpTransport['handle']>) => {
        const { response } = await inner.handle(...args);
        const { body, headers } = response as HttpResponse & { body: unknown };
        if (!(body instanceof Uint8Array) || !/json/.test(headers['content-type'] ?? '')) return { response };
        const changed = poisoned(JSON.parse(Buffer.from(body).toString('utf8')), text);
        const bytes = Buffer.from(JSON.stringify(changed));
        return {
          response: Object.assign(response, {
            body: new Uint8Array(bytes),
            headers: { ...headers, 'content-length': String(bytes.length) },
          }),
        };
      },
    }) as HttpTransport;

const flagsOf: Readonly<Record<Mode, readonly string[]>> = {
  text: [],
  json: ['--json'],
  ndjson: ['--output', 'ndjson'],
};

/** Everything that shows what AWS, or another operator, said. */
const readers = [
  'deploy api --tag v4-bad',
  'status',
  'releases api',
  'runs list',
  'runs show NEWEST',
  'lock status',
  'logs tail api --with-events',
  'logs search api --since 1h --with-events',
  'diff api --tag v5',
];

const meetAll = async (
  scene: Scene,
  modes: readonly Mode[],
): Promise<readonly (Ending & { readonly line: string })[]> => {
  await stage.morning();
  const endings: (Ending & { line: string })[] = [];
  let newest = '';
  for (const line of readers) {
    for (const mode of modes) {
      if (mode === 'ndjson' && !/^(deploy|logs)/.test(line)) continue;
      const words = line.replace('NEWEST', newest).split(' ');
      const ending = await stage.meet(words, { ...scene, argv: (rest) => [...rest, ...flagsOf[mode]] });
      endings.push({ ...ending, line: `${line} (${mode})` });
      if (mode === 'json') newest = (JSON.parse(ending.stdout) as { runId?: string }).runId ?? newest;
    }
  }
  return endings;
};

const hostile = [
  '\u001b[2J\u001b[31mred',
  '\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007',
  '\u001b]0;title\u0007',
  '\u0000\u0008\r',
  '\u009b31m\u0085\u007f',
  '\u202egnp.exe\u2066\u2069\u200b\ufeff\u2028\u2029',
  '\ud800',
  '\n::error::owned\n::set-output name=x::y\n##[error]owned',
  'x'.repeat(3_000),
].join(' ');

// biome-ignore lint/suspicious/noControlCharactersInRegex: looks for what must not be there.
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours that we paint ourselves.
const ownColours = /\u001b\[(1|2|22|31|32|33|36|39)m/g;
// Logs keep their programs' colours on a terminal, and nothing else.
// biome-ignore lint/suspicious/noControlCharactersInRegex: what they keep.
const anyColour = /\u001b\[[\d;]*m/g;

const at = (text: string, pattern: RegExp): string => {
  const index = text.search(pattern);
  return index < 0 ? '' : JSON.stringify(text.slice(Math.max(0, index - 40), index + 40));
};

describe('hostile text of AWS', () => {
  it('reaches neither terminal nor pipe as it is, in any mode', async () => {
    const endings = await meetAll({ transport: saying(hostile) }, ['text', 'json', 'ndjson']);
    for (const { line, stdout, stderr, exitCode } of endings) {
      expect(at(`${stdout}${stderr}`, raw), line).toBe('');
      expect([0, 7], `${line}: ${stderr}`).toContain(exitCode);
    }
    // It was there to be seen: the card quotes it, made visible.
    expect(endings[0]?.stdout).toContain('^[[2J');
  });

  it('neither with colours on a terminal', async () => {
    const terminal = { isStdoutTty: true, isStderrTty: true };
    for (const { line, stdout, stderr } of await meetAll({ transport: saying(hostile), terminal }, ['text', 'json']))
      expect(at(`${stdout}${stderr}`.replace(line.startsWith('logs') ? anyColour : ownColours, ''), raw), line).toBe(
        '',
      );
  });

  it('gives GitHub no command that we did not mean', async () => {
    const terminal = { isGithub: true, isCi: true };
    for (const { line, stdout, stderr } of await meetAll({ transport: saying(hostile), terminal }, ['text', 'json'])) {
      const orders = `${stdout}\n${stderr}`.split('\n').filter((text) => /^\s*(::|##\[)/.test(text));
      const ours =
        /^::(group::platform |endgroup::|group::|error title=platform |warning title=platform |notice title=platform )/;
      expect(
        orders.filter((order) => !ours.test(order) || /owned|set-output/.test(order.split('::').slice(0, 2).join(''))),
        line,
      ).toEqual([]);
    }
  });
});

describe('hostile names of operators', () => {
  it('are shown and not obeyed: who holds the lock, who ran the run', async () => {
    await stage.morning();
    const writer = { ...livingWriter(), user: hostile.slice(0, 300), ci: `ci ${hostile.slice(0, 300)}` };
    await writeRun(stage.rig.ctx, { runId: sampleId(30), locks: 'api', lock: 'held', writer });
    for (const line of [
      'lock status',
      'runs list',
      `runs show ${sampleId(30)}`,
      `runs verify ${sampleId(30)}`,
      'deploy api --tag v4',
    ]) {
      for (const flags of [[], ['--json']]) {
        const { stdout, stderr, exitCode } = await stage.meet([...line.split(' '), ...flags]);
        expect(at(`${stdout}${stderr}`, raw), line).toBe('');
        expect(exitCode, `${line}: ${stderr}`).toBe(line.startsWith('deploy') ? 9 : 0);
      }
    }
  });
});

describe('secrets', () => {
  const planted = [
    'Pl4nted-url-Passw0rd',
    'Pl4ntedBearer0123456789abcdef',
    'AKIAPLANTED123456789',
    'Pl4nted-assigned-w0rd',
  ];
  const [password = '', bearer = '', key = '', word = ''] = planted;
  const spoken = ` postgres://shop:${password}@db:5432/shop Authorization: Bearer ${bearer} ${key} password=${word} `;

  const encodings = (secret: string): readonly string[] => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    // Whatever stands before it, base64 has one of three forms.
    ...[0, 1, 2].map((shift) =>
      Buffer.from(`${'x'.repeat(shift)}${secret}`)
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4),
    ),
  ];

  const filesIn = (folder: string): readonly string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  it('that containers and AWS speak out reach no terminal, journal, plan or log', async () => {
    const env = { AWS_SECRET_ACCESS_KEY: word, DATABASE_URL: `postgres://shop:${password}@db/shop`, TOKEN: bearer };
    const log = debugLog({ state: stage.state, now: () => stage.rig.world.now, redact: redactText });
    const endings = await meetAll({ transport: saying(spoken), env, ctx: (ctx) => ({ ...ctx, log }) }, [
      'text',
      'json',
      'ndjson',
    ]);
    const texts = [
      // A log that somebody asks to see is shown as it is.
      ...endings
        .filter(({ line }) => !line.startsWith('logs'))
        .map(({ line, stdout, stderr }) => ({ where: line, text: `${stdout}${stderr}` })),
      ...filesIn(stage.state).map((file) => ({ where: file, text: readFileSync(file, 'latin1') })),
    ];
    const found = texts.flatMap(({ where, text }) =>
      planted.flatMap((secret) =>
        encodings(secret)
          .filter((form) => text.includes(form))
          .map((form) => `${form} in ${where}`),
      ),
    );
    expect(found).toEqual([]);
    // They were spoken: what stands where they stood is there.
    expect(texts.some(({ text }) => text.includes('redacted'))).toBe(true);
    expect(filesIn(stage.state).some((file) => file.endsWith('.log'))).toBe(true);
  });
});
