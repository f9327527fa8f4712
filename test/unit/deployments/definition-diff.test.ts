import { describe, expect, it } from 'vitest';
import { definitionDiff } from '../../../src/lib/deployments/definition-diff.js';

const definition = (container: object) => ({
  cpu: '256',
  containerDefinitions: [{ name: 'api', image: 'api:1', ...container }],
});

describe('the difference that a rollback shows', () => {
  it('is image, variables and secrets', () => {
    const before = definition({
      image: 'api:2',
      environment: [{ name: 'LEVEL', value: 'debug' }],
      secrets: [{ name: 'DB', valueFrom: '/a' }],
    });
    const after = definition({ environment: [{ name: 'LEVEL', value: 'info' }] });
    expect(definitionDiff(before, after).map(({ field }) => field)).toEqual([
      'container image',
      'variable LEVEL',
      'secret DB',
    ]);
  });

  it('never shows a plain value', () => {
    const before = definition({ environment: [{ name: 'KEY', value: 'hunter2' }] });
    expect(JSON.stringify(definitionDiff(before, definition({})))).not.toContain('hunter2');
  });

  it('is empty for the same content', () => {
    expect(definitionDiff(definition({}), definition({}))).toEqual([]);
  });
});
