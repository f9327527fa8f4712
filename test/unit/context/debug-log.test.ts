import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { debugLog } from '../../../src/lib/context/debug-log.js';
import { isFirstTime } from '../../../src/lib/context/said-once.js';
import { redactText } from '../../../src/lib/engine/redact.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'platform-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const logAt = (now: number, state = join(folder, 'platform')) =>
  debugLog({ state, now: () => now, redact: redactText });

describe('the debug log', () => {
  it('does not exist until something is logged', () => {
    const log = logAt(0);
    expect(log.file()).toBeUndefined();
    expect(existsSync(join(folder, 'platform'))).toBe(false);
  });

  it('is readable by its owner only, one JSON entry a line, without secrets', () => {
    const log = logAt(0);
    log.debug('connecting', { url: 'postgres://shop:hunter2secret@db/shop' });
    log.debug('done');
    const file = log.file() ?? '';
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'platform', 'logs')).mode & 0o777).toBe(0o700);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['connecting', 'done']);
    expect(lines.join()).not.toContain('hunter2secret');
  });

  it('keeps the last ten', () => {
    for (let index = 0; index < 14; index++) logAt(index * 1000).debug('entry');
    const names = readdirSync(join(folder, 'platform', 'logs')).sort();
    expect(names).toHaveLength(10);
    expect(names[0]).toContain('00-00-04');
  });

  it('writes nothing through a planted link, and says nothing about it', () => {
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(folder, 'platform'));
    const log = logAt(0);
    log.debug('entry');
    expect(log.file()).toBeUndefined();
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

describe('notes worth reading once', () => {
  it('are said the first time only', () => {
    const paths = { state: join(folder, 'platform') };
    expect(isFirstTime(paths, 'topic')).toBe(true);
    expect(isFirstTime(paths, 'topic')).toBe(false);
    expect(isFirstTime(paths, 'another')).toBe(true);
  });
});
