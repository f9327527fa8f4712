import { describe, expect, it } from 'vitest';
import type { ResolvedService } from '../../../src/lib/config/project.js';
import { chooseServices, inDependencyOrder } from '../../../src/lib/services/choose-services.js';

const service = (name: string, dependsOn: readonly string[] = []): ResolvedService =>
  ({ name, dependsOn }) as unknown as ResolvedService;

const all = [service('web', ['api']), service('api', ['db']), service('db')];

describe('choosing services', () => {
  it('takes all of them when none is named, else those, in the file’s order', () => {
    expect(chooseServices(all, []).map(({ name }) => name)).toEqual(['web', 'api', 'db']);
    expect(chooseServices(all, ['db', 'web']).map(({ name }) => name)).toEqual(['web', 'db']);
  });

  it('is exit 5 for an unknown one and suggests the nearest', () => {
    expect(() => chooseServices(all, ['apj'])).toThrow(expect.objectContaining({ exitCode: 5 }));
  });

  it('orders dependencies first, and leaves out what was not chosen', () => {
    expect(inDependencyOrder(all).map(({ name }) => name)).toEqual(['db', 'api', 'web']);
    expect(inDependencyOrder(chooseServices(all, ['web'])).map(({ name }) => name)).toEqual(['web']);
  });
});
