/** Text forms of scalar values, shared by the query, XML and HTTP-binding codecs. */
import { AwsError } from '../service.js';
import type { ScalarShape, TimestampFormat } from './schema.js';

export type Structure = Readonly<Record<string, unknown>>;

export const malformed = (path: string, problem: string): AwsError =>
  new AwsError('SerializationException', `${path || 'The request body'} ${problem}`);

/** A handler answered with something that its API's schema does not allow: a bug in the sandbox, not of the caller. */
export const badOutput = (path: string, expected: string): Error =>
  new Error(`the sandbox's answer is wrong: ${path} is not a ${expected}`);

/** `__proto__` as a map key must stay an own property. */
export const setOwn = (target: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
};

export const isObject = (value: unknown): value is Structure =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const bytesToBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

export const base64ToBytes = (text: string, path: string): Uint8Array => {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw malformed(path, 'is not base64');
  return new Uint8Array(Buffer.from(text, 'base64'));
};

export const bytesOf = (value: unknown, path: string): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return new TextEncoder().encode(value);
  throw badOutput(path, 'blob');
};

export const dateOf = (value: unknown, path: string): Date => {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  throw badOutput(path, 'Date');
};

const specialNumbers: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };

export const numberFromText = (text: string, path: string): number => {
  const special = specialNumbers[text];
  if (special !== undefined) return special;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw malformed(path, `is not a number: '${text.slice(0, 40)}'`);
  return value;
};

const roundedMs = (seconds: number): Date => new Date(Math.round(seconds * 1000));

export const dateFromSeconds = (seconds: number, path: string): Date => {
  if (!Number.isFinite(seconds)) throw malformed(path, 'is not a timestamp');
  return roundedMs(seconds);
};

/** Accepts every form: clients differ, and AWS reads them all. */
export const dateFromText = (text: string, path: string): Date => {
  if (/^-?[\d.]+(e[+-]?\d+)?$/i.test(text)) return dateFromSeconds(Number(text), path);
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw malformed(path, `is not a timestamp: '${text.slice(0, 40)}'`);
  return date;
};

export const dateToText = (date: Date, format: Exclude<TimestampFormat, 'default'>): string => {
  switch (format) {
    case 'date-time':
      return date.toISOString().replace('.000Z', 'Z');
    case 'http-date':
      return date.toUTCString();
    case 'epoch-seconds':
      return String(date.getTime() / 1000);
  }
};

export interface TextForm {
  readonly timestamps: Exclude<TimestampFormat, 'default'>;
}

export const scalarFromText = (shape: ScalarShape, text: string, path: string): unknown => {
  switch (shape.kind) {
    case 'string':
    case 'document':
    case 'bigDecimal':
      return text;
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw malformed(path, `is not a boolean: '${text.slice(0, 40)}'`);
      return text === 'true';
    case 'number':
      return numberFromText(text, path);
    case 'bigInteger':
      if (!/^-?\d+$/.test(text)) throw malformed(path, 'is not an integer');
      return BigInt(text);
    case 'blob':
      return base64ToBytes(text, path);
    case 'timestamp':
      return dateFromText(text, path);
  }
};

export const scalarToText = (
  shape: ScalarShape,
  value: unknown,
  { path, timestamps }: TextForm & { readonly path: string },
): string => {
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') throw badOutput(path, 'string');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw badOutput(path, 'boolean');
      return String(value);
    case 'number':
      if (typeof value !== 'number') throw badOutput(path, 'number');
      return String(value);
    case 'bigInteger':
    case 'bigDecimal':
      return String(value);
    case 'document':
      return JSON.stringify(value);
    case 'blob':
      return bytesToBase64(bytesOf(value, path));
    case 'timestamp':
      return dateToText(dateOf(value, path), shape.format === 'default' ? timestamps : shape.format);
  }
};
