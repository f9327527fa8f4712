/**
 * Where a command that reads logs puts its blocks: text on a stream, one JSON document a line, or, with --json, the list in
 * the report. A batch is one write.
 */
import type { Block, LogEvent } from '../../logs/model.js';
import type { ParsedMessage } from '../../logs/parse-message.js';
import { jsonText } from '../foreign-text.js';
import type { OutputStream } from '../output-stream.js';
import type { Report } from '../report.js';
import { type BlockText, blockText, checkFormat } from './log-text.js';

export interface LogSinkOptions {
  readonly stream: OutputStream;
  readonly flags: { readonly format: string; readonly 'no-prefix'?: boolean };
  readonly parse: (block: Block) => ParsedMessage;
}

export interface LogSink {
  write(blocks: readonly Block[]): Promise<void>;
  /** The report, with the events in its result under --json. */
  into<R extends object>(report: Report<R>): Report<R>;
}

/** Blocks in one write at most: enough to save calls, little enough to stay small. */
const blocksPerWrite = 1_000;
/** A document has to fit the memory; ndjson has no such end. */
const maximumEvents = 10_000;

export const createLogSink = (options: LogSinkOptions): LogSink => {
  const { stream, parse, flags } = options;
  const format = checkFormat(flags.format);
  if (stream.mode === 'json') return collector(parse);
  const toText: BlockText =
    stream.mode === 'ndjson'
      ? (block) =>
          eventsOf(block, parse)
            .map((event) => `${jsonText(event)}\n`)
            .join('')
      : blockText({
          format,
          parse,
          prefix: flags['no-prefix'] === true ? 'hidden' : 'shown',
          colours: stream.colours,
          isGithub: stream.isGithub,
        });
  return {
    write: async (blocks) => {
      for (let at = 0; at < blocks.length; at += blocksPerWrite) {
        let text = '';
        for (const block of blocks.slice(at, at + blocksPerWrite)) text += toText(block);
        await stream.write(text);
      }
    },
    into: (report) => report,
  };
};

const collector = (parse: LogSinkOptions['parse']): LogSink => {
  const events: Readonly<Record<string, unknown>>[] = [];
  let dropped = 0;
  return {
    write: async (blocks) => {
      for (const block of blocks) {
        if (events.length < maximumEvents) events.push(...eventsOf(block, parse));
        else dropped += 1 + block.rest.length;
      }
    },
    into: (report) => ({
      ...report,
      result: { ...report.result, events },
      warnings: [
        ...(report.warnings ?? []),
        ...(dropped === 0
          ? []
          : [
              {
                code: 'W_EVENTS_CUT',
                message: `${dropped} more events do not fit one document: --output ndjson streams them all`,
              },
            ]),
      ],
    }),
  };
};

type EventDocument = Readonly<Record<string, unknown>>;

/** Every event of CloudWatch is a document; the lines of a stack trace follow their head and say so. */
const eventsOf = (block: Block, parse: LogSinkOptions['parse']): readonly EventDocument[] => {
  const parsed = parse(block);
  return [
    eventDocument(block.head, { ...fieldsOf(parsed) }),
    ...block.rest.map((event) => ({ ...eventDocument(event, {}), continues: true })),
  ];
};

const eventDocument = ({ kind, timestamp, message, id, origin }: LogEvent, fields: EventDocument): EventDocument => ({
  timestamp: new Date(timestamp).toISOString(),
  service: origin.service,
  stream: origin.stream,
  message,
  fields,
  ...(kind === 'event' ? { kind } : {}),
  ...(origin.task === undefined ? {} : { task: origin.task }),
  ...(origin.container === undefined ? {} : { container: origin.container }),
  ...(origin.group === '' ? {} : { group: origin.group }),
  ...(id === '' ? {} : { id }),
});

/** The line's own members; level, text and trace under our names where it has them under others. */
const fieldsOf = (parsed: ParsedMessage): EventDocument => ({
  ...(parsed.level === undefined ? {} : { level: parsed.level }),
  ...(parsed.kind === 'json' && parsed.text !== '' ? { text: parsed.text } : {}),
  ...(parsed.trace === undefined ? {} : { trace: parsed.trace }),
  ...parsed.fields,
});
