import { describe, expect, it } from 'vitest';
import { type ConsentRequest, decideConsent, obtainConsent, type Prompts } from '../../../src/lib/cli/consent.js';

const request = (change: Partial<ConsentRequest> = {}): ConsentRequest => ({
  danger: 'none',
  isProtected: false,
  environment: 'staging',
  what: 'roll back',
  flags: { yes: false },
  ...change,
});

const decide = (change: Partial<ConsentRequest>, canAsk = false) => decideConsent(request(change), { canAsk }).kind;

const answering = (answer: boolean | string): Prompts => ({
  confirm: async () => answer === true,
  input: async () => String(answer),
  select: async () => String(answer),
});

describe('consent', () => {
  it('asks nothing for a harmless plan outside protected environments', () => {
    expect(decide({})).toBe('given');
    expect(decide({}, true)).toBe('given');
  });

  it('wants y/N or --yes for a plan that needs confirmation', () => {
    expect(decide({ danger: 'confirm' }, true)).toBe('ask-yes-no');
    expect(decide({ danger: 'confirm', flags: { yes: true } })).toBe('given');
  });

  it('refuses with the flag when nobody can be asked', () => {
    const decision = decideConsent(request({ danger: 'confirm' }), { canAsk: false });
    expect(decision).toMatchObject({ kind: 'refused', flag: '--yes' });
  });

  it.each([
    'none',
    'confirm',
    'type-name',
  ] as const)('wants the name of a protected environment, whatever the danger: %s', (danger) => {
    expect(decide({ danger, isProtected: true }, true)).toBe('ask-name');
    expect(decide({ danger, isProtected: true })).toBe('refused');
  });

  it('does not take --yes for a protected environment', () => {
    const decision = decideConsent(request({ isProtected: true, flags: { yes: true } }), { canAsk: false });
    expect(decision).toMatchObject({ kind: 'refused', flag: '--confirm staging' });
  });

  it('takes --confirm with the right name and refuses a wrong one, also where it was not needed', () => {
    expect(decide({ isProtected: true, flags: { yes: false, confirm: 'staging' } })).toBe('given');
    expect(decide({ flags: { yes: true, confirm: 'production' } }, true)).toBe('refused');
  });

  it('ends with exit 2 when a person says no or mistypes the name', async () => {
    const no = obtainConsent(request({ danger: 'confirm' }), { canAsk: true, prompts: answering(false) });
    await expect(no).rejects.toMatchObject({ code: 'E_CONSENT', exitCode: 2 });
    const typo = obtainConsent(request({ isProtected: true }), { canAsk: true, prompts: answering('stagin') });
    await expect(typo).rejects.toMatchObject({ code: 'E_CONSENT', exitCode: 2 });
  });

  it('records how consent was given', async () => {
    const asking = { canAsk: true, prompts: answering('staging') };
    await expect(obtainConsent(request({ isProtected: true }), asking)).resolves.toBe('typed the name');
    await expect(obtainConsent(request({ danger: 'confirm', flags: { yes: true } }), asking)).resolves.toBe('--yes');
  });
});
