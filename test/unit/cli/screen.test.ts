import { describe, expect, it } from 'vitest';
import { painter } from '../../../src/lib/cli/color.js';
import { openScreen } from '../../../src/lib/cli/render/screen.js';
import { recordedTerminal } from '../../helpers/terminal.js';

const csi = '\u001b[';
const opened = (size: { width: number; height: number } = { width: 20, height: 5 }) => {
  const terminal = recordedTerminal({ isStdoutTty: true, ...size });
  const screen = openScreen(terminal, painter('plain'));
  return { terminal, screen };
};

describe('a screen', () => {
  it('draws each frame in one write, over the one before, and clears only what is left of it', () => {
    const { terminal, screen } = opened();
    screen.show(() => ['one', 'two']);
    const before = terminal.stdout();
    screen.show(() => ['three']);
    expect(terminal.stdout().slice(before.length)).toBe(`${csi}?2026h${csi}Hthree${csi}K${csi}J${csi}?2026l`);
    expect(before.startsWith(`${csi}?1049h${csi}?25l`)).toBe(true);
    screen.close();
  });

  it('draws again when the window changes its size', () => {
    const { terminal, screen } = opened();
    screen.show(({ columns, rows }) => [`${columns} × ${rows}`]);
    terminal.resize({ width: 40, height: 9 });
    expect(terminal.stdout()).toContain('40 × 9');
    screen.close();
    const after = terminal.stdout();
    terminal.resize({ width: 50 });
    expect(terminal.stdout()).toBe(after);
  });

  it('cuts what the terminal would wrap', () => {
    const { terminal, screen } = opened();
    screen.show(() => [[{ text: 'x'.repeat(15), tone: 'bad' }, { text: 'y'.repeat(15) }]]);
    expect(terminal.stdout()).toContain(`${'x'.repeat(15)}${'y'.repeat(5)}${csi}K`);
    screen.close();
  });

  it('gives the terminal back once, with the last frame below what was there', () => {
    const { terminal, screen } = opened();
    screen.show(() => ['last']);
    const before = terminal.stdout().length;
    screen.close();
    screen.close();
    screen.show(() => ['ghost']);
    expect(terminal.stdout().slice(before)).toBe(`${csi}?25h${csi}?1049llast\n`);
  });

  it('that never showed anything leaves no trace', () => {
    const { terminal, screen } = opened();
    screen.close();
    expect(terminal.stdout()).toBe('');
  });
});
