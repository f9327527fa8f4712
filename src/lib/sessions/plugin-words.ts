/** What the plugin itself says, without its frame: for errors. Foreign text, so it is redacted and one line. Pure. */
import { redactText } from '../engine/redact.js';

const frame = /^(Starting session with SessionId|Exiting session with sessionId|-+ERROR-+|Waiting for connections)/;

export const pluginWords = (text: string): string =>
  redactText(
    text
      .split(/\r?\n/)
      .map((line) => line.trim().replace(/^SessionId: \S+ : -*(ERROR)?-*\s*/, ''))
      .filter((line) => line !== '' && !frame.test(line))
      .join(' '),
  ).slice(0, 500);
