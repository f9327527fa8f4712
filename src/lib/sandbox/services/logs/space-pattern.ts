/** `[ip, user, ..., status = 5* || status = 404, bytes > 1000]` over space-delimited messages. */
import { AwsError } from '../../service.js';
import { type Cursor, comparison, type Operator, parseBoolean } from './condition.js';

type FieldTest = (field: string) => boolean;

const bad = (): AwsError => new AwsError('InvalidParameterException', 'Invalid filter pattern');

export const compileSpacePattern = (text: string): ((message: string) => boolean) => {
  if (!text.endsWith(']')) throw bad();
  const columns = splitColumns(text.slice(1, -1));
  const gap = columns.indexOf('...');
  if (gap !== columns.lastIndexOf('...')) throw bad();
  const head = (gap < 0 ? columns : columns.slice(0, gap)).map(compileColumn);
  const tail = gap < 0 ? [] : columns.slice(gap + 1).map(compileColumn);
  return (message) => {
    const fields = splitFields(message);
    const isFitting = gap < 0 ? fields.length === head.length : fields.length >= head.length + tail.length;
    if (!isFitting) return false;
    return (
      head.every((test, index) => test(fields[index] ?? '')) &&
      tail.every((test, index) => test(fields[fields.length - tail.length + index] ?? ''))
    );
  };
};

const splitColumns = (text: string): readonly string[] =>
  [...text.matchAll(/((?:"(?:[^"\\]|\\.)*"|%[^%]+%|[^,"%])+)(?:,|$)/g)].map(([, column]) => (column ?? '').trim());

/** A field is a word, or anything between double quotes or square brackets. */
const splitFields = (message: string): readonly string[] =>
  [...message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g)].map(
    ([, quoted, bracketed, plain]) => quoted ?? bracketed ?? plain ?? '',
  );

const compileColumn = (text: string): FieldTest => {
  if (/^\w+$/.test(text)) return () => true;
  const tokens = [...text.matchAll(/&&|\|\||!=|<=|>=|[=<>()]|"(?:[^"\\]|\\.)*"|%[^%]+%|[^\s()=<>!&|]+/g)].map(
    ([token]) => token,
  );
  const cursor: Cursor = { tokens, at: 0 };
  const test = parseBoolean<string>(cursor, readCondition);
  if (cursor.at !== tokens.length) throw bad();
  return test;
};

const readCondition = (cursor: Cursor): FieldTest => {
  const [name, operator, literal] = cursor.tokens.slice(cursor.at, cursor.at + 3);
  cursor.at += 3;
  if (!name || !/^\w+$/.test(name) || literal === undefined) throw bad();
  if (!['=', '!=', '<', '>', '<=', '>='].includes(operator ?? '')) throw bad();
  return comparison(operator as Operator, literal);
};
