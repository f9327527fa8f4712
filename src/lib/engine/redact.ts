/**
 * Takes secret-shaped text out of errors and evidence before they are journaled or shown. A second line of defence: the
 * first is that plans hold references, never values. Pure. It prefers hiding too much over showing a secret.
 */
import type { Json } from '../plan/json.js';

export const hidden = '«redacted»';

interface Shape {
  readonly pattern: RegExp;
  readonly replace: string;
}

/** `:` and `=` as they are, URL-encoded, and with a JSON string's quotes (escaped or not) around them. */
const assign = String.raw`(?:\\{0,8}["'])?\s{0,8}(?:=|:|%3[AaDd])\s{0,8}(?:\\{0,8}["'])?`;
const secretWord =
  '(?:pass(?:word|wd|phrase)|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|(?:api|access|auth|session|refresh|private|client)[_-]?(?:key|token|secret)|token|credentials?)';
const value = String.raw`[^\s"'\\,;&{}<>]{3,}`;

/** Every repetition is bounded or starts at a boundary: hostile log lines must not hold the process up. Order matters: whole blocks first, then values that are recognised by themselves, then values after a telling name. */
const shapes: readonly Shape[] = [
  {
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|CERTIFICATE)-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,60}-----|$)/g,
    replace: hidden,
  },
  { pattern: /\bLS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{20,}/g, replace: hidden },
  { pattern: /(:(?:\\{0,4}\/){2}[^\s:@/\\"']{0,200}):(?!\/)[^\s"']{1,500}@/g, replace: `$1:${hidden}@` },
  { pattern: /(%3A%2F%2F[^\s%]{0,200})%3A[^\s"']{1,500}?%40/gi, replace: `$1%3A${hidden}%40` },
  { pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, replace: hidden },
  { pattern: /\b((?:Bearer|Basic|Token)(?:\s+|%20|\+))[A-Za-z0-9._~+/%=-]{8,}/gi, replace: `$1${hidden}` },
  {
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_\w{10,})/g,
    replace: hidden,
  },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, replace: hidden },
  {
    pattern: new RegExp(`(${secretWord}(?:[_-][A-Za-z0-9]{1,20}){0,3}${assign})(?!«)${value}`, 'gi'),
    replace: `$1${hidden}`,
  },
];

/** 40 characters of base64 that are no hex digest and no path: an AWS secret access key without its name. */
const bareSecretKey =
  /(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[0-9])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])/g;

/** What may be base64 of something: long enough to hide a secret, decoded once and looked at. */
const base64Run = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}/g;

const redactPlain = (text: string): string => {
  const shaped = shapes.reduce((rest, { pattern, replace }) => rest.replace(pattern, replace), text);
  return shaped.replace(bareSecretKey, hidden);
};

const isPrintable = (text: string): boolean => /^[\t\n\r\x20-\x7e]+$/.test(text);

const hidesSecret = (run: string): boolean => {
  const decoded = Buffer.from(run, 'base64').toString('latin1');
  return decoded.length >= 8 && isPrintable(decoded) && redactPlain(decoded) !== decoded;
};

export const redactText = (text: string): string =>
  redactPlain(text.replace(base64Run, (run) => (hidesSecret(run) ? hidden : run)));

/** Names whose value is hidden whatever it looks like. */
const secretName = new RegExp(`${secretWord}(?:[_-](?:value|string))?$`, 'i');

export const redactJson = (json: Json): Json => {
  if (typeof json === 'string') return redactText(json);
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map((item: Json) => redactJson(item));
  return Object.fromEntries(
    Object.entries(json).map(([name, member]) => [
      name,
      typeof member === 'string' && secretName.test(name) && member !== '' ? hidden : redactJson(member),
    ]),
  );
};

/** For plain `environment` values: true when the value by itself, or under this name, looks like a secret. */
export const containsSecretShape = (text: string): boolean => redactText(text) !== text;

const stringLimits = [4_000, 1_000, 400, 150, 60];

/** Shortens until the text of the evidence fits: long strings lose their beginning's rest, long lists their oldest entries. */
export const clipJson = (json: Json, maxBytes: number): Json => {
  const size = (value: Json): number => Buffer.byteLength(JSON.stringify(value));
  if (size(json) <= maxBytes) return json;
  for (const [index, limit] of stringLimits.entries()) {
    const clipped = shorten(json, { text: limit, items: Math.max(3, 48 >> index) });
    if (size(clipped) <= maxBytes) return clipped;
  }
  return { clipped: true, text: JSON.stringify(json).slice(0, Math.floor(maxBytes / 4)) };
};

const shorten = (json: Json, limits: { readonly text: number; readonly items: number }): Json => {
  if (typeof json === 'string') return json.length > limits.text ? `${json.slice(0, limits.text)}…` : json;
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.slice(-limits.items).map((item: Json) => shorten(item, limits));
  return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, shorten(member, limits)]));
};
