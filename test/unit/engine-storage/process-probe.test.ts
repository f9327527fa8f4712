import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Ask, bsdProbe, parseProcStat, systemProbe } from '../../../src/lib/engine/lock/process-probe.js';

const statOf = (name: string, state: string, startedAt: string): string =>
  `4711 (${name}) ${state} ${Array.from({ length: 18 }, (_, index) => index).join(' ')} ${startedAt} 1 2 3\n`;

describe('the start time of a process on Linux', () => {
  it('is field 22, also when the name holds blanks and parentheses', () => {
    expect(parseProcStat(statOf('node', 'S', '987654'))).toEqual({ kind: 'running', startedAt: '987654' });
    expect(parseProcStat(statOf('a) S (1 2', 'R', '5'))).toEqual({ kind: 'running', startedAt: '5' });
  });

  it('counts a stopped process as running and a dead one that nobody collected as absent', () => {
    expect(parseProcStat(statOf('node', 'T', '5'))).toMatchObject({ kind: 'running' });
    expect(parseProcStat(statOf('node', 'Z', '5'))).toEqual({ kind: 'absent' });
  });

  it('is unknown when the text is not as expected', () => {
    expect(parseProcStat('')).toEqual({ kind: 'unknown' });
  });
});

describe('this system', () => {
  it('knows a child while it lives and no longer afterwards', async () => {
    const probe = systemProbe();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    expect(probe.process(pid)).toMatchObject({ kind: 'running' });
    expect(probe.process(pid)).toEqual(probe.process(pid));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(probe.process(pid)).toEqual({ kind: 'absent' });
    expect(probe.boot()).not.toBe('');
    expect(systemProbe().boot()).toBe(probe.boot());
  });
});

describe('a BSD', () => {
  const answering =
    (answers: Readonly<Record<string, string>>): Ask =>
    (program, args) =>
      answers[[program, ...args].join(' ')];
  const own = `ps -o lstart= -p ${process.pid}`;

  it('takes the start time from ps, and the boot from the session id or else from the boot time', () => {
    const probe = bsdProbe('mac', answering({ 'ps -o lstart= -p 42': 'Mon Nov 23 10:00:00 2026', [own]: 'x' }));
    expect(probe.process(42)).toEqual({ kind: 'running', startedAt: 'Mon Nov 23 10:00:00 2026' });
    expect(probe.process(43)).toEqual({ kind: 'absent' });
    expect(
      bsdProbe('mac', answering({ 'sysctl -n kern.bootsessionuuid': 'U', 'sysctl -n kern.boottime': 'T' })).boot(),
    ).toBe('U');
    expect(bsdProbe('mac', answering({ 'sysctl -n kern.boottime': 'T' })).boot()).toBe('T');
  });

  it('does not believe a ps that does not even know us', () => {
    expect(bsdProbe('mac', answering({})).process(42)).toEqual({ kind: 'unknown' });
    expect(bsdProbe('mac', answering({})).boot()).toBe('');
  });
});
