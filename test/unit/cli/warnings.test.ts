import { describe, expect, it } from 'vitest';
import { printerFor, printWarnings } from '../../../src/lib/cli/print-report.js';
import type { Terminal } from '../../../src/lib/cli/terminal.js';

describe('a warning', () => {
  it('keeps its lines apart, and none of them can be a command to GitHub', () => {
    const said: string[] = [];
    const terminal = { isGithub: true, err: (text: string) => said.push(text) } as unknown as Terminal;
    const message = 'edited files are replaced\n- mine\n::error::fake\n+ \u001b[31mtheirs';
    printWarnings(printerFor(terminal, { out: false, err: false }), [{ code: 'W_OVERWRITTEN', message }]);
    const [annotation, ...shown] = said.join('').trimEnd().split('\n').reverse();
    expect(shown.reverse()).toEqual([
      'Warning: edited files are replaced',
      '- mine',
      '.::error::fake',
      '+ ^[[31mtheirs',
    ]);
    // One line, ours, with the message as its data.
    expect(annotation).toBe(
      '::warning title=platform W_OVERWRITTEN::edited files are replaced%0A- mine%0A::error::fake%0A+ ^[[31mtheirs',
    );
  });
});
