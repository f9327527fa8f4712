/** A notice as text, for Slack's markup and for plain mail. Pure. */
import type { Notice } from './notice.js';

/**
 * Slack reads `<!channel>`, links and entities; its look-alikes also read a bare @channel, and back-ticks would end our own.
 * So markup is escaped, and an invisible joiner stands behind every @ that a word follows.
 */
export const slackText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', "'")
    .replace(/@(?=\w)/g, '@\u2060');

export interface SlackMessage {
  readonly text: string;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

const bodyLines = (notice: Notice): readonly string[] => [
  ...notice.services.map(
    ({ service, outcome, cause }) => `${service}: ${outcome}${cause === undefined ? '' : ` (${cause})`}`,
  ),
  // Where services say why, the step's error would say it twice.
  ...(notice.reason !== undefined && !notice.services.some(({ cause }) => cause !== undefined) ? [notice.reason] : []),
];

export const slackMessage = (notice: Notice): SlackMessage => ({
  text: [
    `*${slackText(notice.title)}*`,
    ...bodyLines(notice).map(slackText),
    `by ${slackText(notice.by)} · run ${notice.runId} · \`${slackText(notice.look)}\``,
  ].join('\n'),
  // What somebody else wrote may hold an address; nobody's preview of it belongs under our message.
  unfurl_links: false,
  unfurl_media: false,
});

const maxSubject = 100;

/** SNS takes printable ASCII only, at most 100 characters. */
export const subjectOf = (notice: Notice): string =>
  notice.title
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, maxSubject)
    .trim();

export const mailText = (notice: Notice): string =>
  [notice.title, '', ...bodyLines(notice), '', `by ${notice.by}`, `run ${notice.runId}`, notice.look, ''].join('\n');
