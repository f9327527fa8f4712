/**
 * Does a line continue the one before it in the same stream? Container logs make an event of every line, so a stack trace
 * arrives in pieces. Knows Java, Python, Node, Go, Ruby and .NET. Pure: the state is what the block has shown so far.
 */
export interface Shown {
  readonly first: string;
  readonly last: string;
  /** Time of the last line. */
  readonly lastAt: number;
  readonly lines: number;
  /** What only the lines of a trace say; makes looser rules apply. */
  readonly trace: Trace;
}

export type Trace = 'python' | 'go' | 'none';

/** A trace is written at once; an indented line much later is something else. */
export const continuationGapMs = 2_000;
/** A block is cut here, so that a writer of indented lines only cannot fill the memory. */
export const maximumLines = 1_000;

const javaMore = /^(?:Caused by: |Suppressed: |\s*\.{3} \d+ (?:more|common frames))/;
const exceptionLine =
  /^(?:Exception in thread |Uncaught |Unhandled )?[\w$.]+(?:Error|Exception|Throwable|Fault|Warning|Exit|Interrupt)(?::|\s|$)/;
const pythonMore = /^(?:During handling of the above exception|The above exception was the direct cause)/;
const pythonHead = /^Traceback \(most recent call last\)/;
/** How a traceback ends: `ValueError: bad`, `shop.errors.Declined`, `KeyError: 'id'`. */
const pythonEnd = /^[A-Za-z_][\w.]*(?:: .*)?$/;
const goHead = /^(?:panic: |fatal error: |goroutine \d+ \[)/;
const goMore = /^(?:goroutine \d+ \[|\[signal |created by |exit status \d+|[\w./*()\-$[\]]+\(.*\)$|main\.|runtime\.)/;
const closing = /^[\]})]+[,;]?$/;

export const traceOf = (line: string): Trace => {
  if (pythonHead.test(line)) return 'python';
  return goHead.test(line) ? 'go' : 'none';
};

export const isIndented = (line: string): boolean => {
  const code = line.charCodeAt(0);
  return code === 0x20 || code === 0x09;
};

const isBlank = (line: string): boolean => line.trim() === '';

/** Says whether the first line of a block shows that something failed: only then may an unindented line belong to it. */
const isFailure = (line: string): boolean =>
  /\b(?:error|exception|fatal|panic|failed|traceback|uncaught|unhandled|severe|critical)\b/i.test(line) ||
  exceptionLine.test(line);

export const continues = (line: string, at: number, shown: Shown): boolean => {
  if (line.charCodeAt(0) === 0x7b || shown.lines >= maximumLines || Math.abs(at - shown.lastAt) > continuationGapMs)
    return false;
  if (isIndented(line) || isBlank(line)) return true;
  if (javaMore.test(line) || pythonMore.test(line)) return true;
  if (closing.test(line)) return shown.lines > 1;
  if (shown.trace === 'python' && shown.lines > 1 && isIndented(shown.last) && pythonEnd.test(line)) return true;
  if (shown.trace === 'go' && goMore.test(line)) return true;
  if (pythonHead.test(line)) return isBlank(shown.last) || (shown.lines === 1 && isFailure(shown.first));
  // Loggers print the exception on the line after the message: only directly after it, and only after a failure.
  if (exceptionLine.test(line))
    return isBlank(shown.last) || (shown.lines === 1 && isFailure(shown.first) && !exceptionLine.test(shown.first));
  return false;
};
