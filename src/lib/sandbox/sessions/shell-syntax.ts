/**
 * The little that the built-in container's shell understands: words with quotes and `$NAME`, `$?`, `$1`, `"$@"`; commands
 * separated by `;`, `&&`, `||` and line ends, in parentheses too; `< /dev/null`, which changes nothing. Anything else is a syntax error, so that
 * nobody takes it for a shell. Pure.
 */
export interface ShellScope {
  readonly environment: Readonly<Record<string, string>>;
  /** `$1`, `$2`, … */
  readonly words: readonly string[];
  readonly status: number;
}

export type Joint = ';' | '&&' | '||';

/** A word in pieces, expanded when it is its command's turn. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'all-words' };

export type ShellCommand = {
  /** What must have happened before: nothing, success, failure. */
  readonly after: Joint;
} & (
  | { readonly kind: 'simple'; readonly words: readonly (readonly Piece[])[] }
  | { readonly kind: 'group'; readonly commands: readonly ShellCommand[] }
);

export class ShellSyntaxError extends Error {}

const unsupported = (what: string): ShellSyntaxError => new ShellSyntaxError(`${what} is not part of this shell`);

export const parseShell = (text: string): readonly ShellCommand[] => new Parser(text).all();

export const expandWords = (command: Extract<ShellCommand, { kind: 'simple' }>, scope: ShellScope): readonly string[] =>
  command.words.flatMap((pieces) => {
    if (pieces.length === 1 && pieces[0]?.kind === 'all-words') return scope.words;
    return [pieces.map((piece) => textOf(piece, scope)).join('')];
  });

const textOf = (piece: Piece, scope: ShellScope): string => {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'all-words':
      return scope.words.join(' ');
    case 'variable':
      if (piece.name === '?') return String(scope.status);
      if (/^\d$/.test(piece.name)) return piece.name === '0' ? 'sh' : (scope.words[Number(piece.name) - 1] ?? '');
      return Object.hasOwn(scope.environment, piece.name) ? (scope.environment[piece.name] ?? '') : '';
  }
};

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  all(): readonly ShellCommand[] {
    const found = this.commands();
    if (this.at < this.text.length) throw unsupported('`)`');
    return found;
  }

  private commands(): readonly ShellCommand[] {
    const found: ShellCommand[] = [];
    let after: Joint = ';';
    for (;;) {
      this.skip(/[^\S\n]/);
      if (this.text.charAt(this.at) === '(') found.push({ after, kind: 'group', commands: this.group() });
      else {
        const words = this.words();
        if (words.length > 0) found.push({ after, kind: 'simple', words });
      }
      const joint = this.joint();
      if (joint === undefined) return found;
      after = joint;
    }
  }

  private group(): readonly ShellCommand[] {
    this.at += 1;
    const inside = this.commands();
    if (this.text.charAt(this.at) !== ')') throw new ShellSyntaxError('a `(` without its end');
    this.at += 1;
    if (this.words().length > 0) throw unsupported('a word behind `)`');
    return inside;
  }

  private joint(): Joint | undefined {
    const rest = this.text.slice(this.at);
    if (rest === '' || rest.startsWith(')')) return undefined;
    const joint = ['&&', '||', ';', '\n'].find((each) => rest.startsWith(each));
    if (joint === undefined) throw unsupported(`\`${rest.charAt(0)}\``);
    this.at += joint.length;
    return joint === '\n' ? ';' : (joint as Joint);
  }

  private words(): readonly (readonly Piece[])[] {
    const words: (readonly Piece[])[] = [];
    for (;;) {
      this.skip(/[^\S\n]/);
      const next = this.text.charAt(this.at);
      if (next === '#') this.skip(/[^\n]/);
      else if (next === '<') this.redirection();
      else if (next === '' || /[;&|)\n]/.test(next)) return words;
      else words.push(this.word());
    }
  }

  private redirection(): void {
    const match = /^<\s*\/dev\/null(?=[\s;&|)]|$)/.exec(this.text.slice(this.at));
    if (match === null) throw unsupported('a redirection');
    this.at += match[0].length;
  }

  private word(): readonly Piece[] {
    const pieces: Piece[] = [];
    for (;;) {
      const next = this.text.charAt(this.at);
      if (next === '' || /[\s;&|<)]/.test(next)) break;
      if (/[>(`{}*?[\]~!]/.test(next)) throw unsupported(`\`${next}\``);
      this.at += 1;
      if (next === "'") pieces.push({ kind: 'text', text: this.quoted() });
      else if (next === '"') this.doubleQuoted(pieces);
      else if (next === '$') pieces.push(this.expansion());
      else if (next === '\\') pieces.push({ kind: 'text', text: this.text.charAt(this.at++) });
      else pieces.push({ kind: 'text', text: next });
    }
    return pieces;
  }

  private quoted(): string {
    const end = this.text.indexOf("'", this.at);
    if (end < 0) throw new ShellSyntaxError('a quote without its end');
    const text = this.text.slice(this.at, end);
    this.at = end + 1;
    return text;
  }

  private doubleQuoted(pieces: Piece[]): void {
    // An empty pair of quotes is a word too.
    pieces.push(...(this.text.startsWith('$@"', this.at) ? [] : [{ kind: 'text', text: '' } as const]));
    for (;;) {
      const next = this.text.charAt(this.at++);
      if (next === '') throw new ShellSyntaxError('a quote without its end');
      if (next === '"') return;
      if (next === '`') throw unsupported('`');
      if (next === '$') pieces.push(this.expansion());
      else if (next === '\\' && /["\\$`]/.test(this.text.charAt(this.at)))
        pieces.push({ kind: 'text', text: this.text.charAt(this.at++) });
      else pieces.push({ kind: 'text', text: next });
    }
  }

  private expansion(): Piece {
    const match = /^(?:[?@]|\d|[A-Za-z_]\w*|\{[A-Za-z_]\w*\})/.exec(this.text.slice(this.at));
    if (match === null) {
      if (/^[({]/.test(this.text.slice(this.at))) throw unsupported(`\`$${this.text.charAt(this.at)}\``);
      return { kind: 'text', text: '$' };
    }
    this.at += match[0].length;
    const name = match[0].replace(/[{}]/g, '');
    return name === '@' ? { kind: 'all-words' } : { kind: 'variable', name };
  }

  private skip(pattern: RegExp): void {
    while (this.at < this.text.length && pattern.test(this.text.charAt(this.at))) this.at += 1;
  }
}
