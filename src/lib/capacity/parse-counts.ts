/** `api=4 workers=0` → which service is to run how many tasks. Pure. */
import { PlatformError } from '../errors/platform-error.js';

export interface AskedCount {
  readonly service: string;
  readonly count: number;
}

const usage = (message: string): PlatformError =>
  new PlatformError('E_USAGE', message, { hints: ['platform scale api=4 workers=2'] });

const parseCount = (word: string): AskedCount => {
  const [service = '', text = '', ...rest] = word.split('=');
  if (service === '' || rest.length > 0 || text === '') throw usage(`${word} is not of the form SERVICE=COUNT`);
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) {
    throw usage(`${text} is no number of tasks: ${service} needs a whole number, 0 or more`);
  }
  return { service, count };
};

export const parseCounts = (words: readonly string[]): readonly AskedCount[] => {
  if (words.length === 0) throw usage('name the services and how many tasks each is to run');
  const asked = words.map(parseCount);
  const twice = asked.find(({ service }, index) => asked.findIndex((other) => other.service === service) !== index);
  if (twice) throw usage(`${twice.service} is named twice`);
  return asked;
};
