/**
 * `--trace ID`: the same trace is written in several ways. Besides the id as given: X-Ray's `1-5759e988-bd862e3f…` and
 * the 32 hex digits that OpenTelemetry makes of it, and Datadog's decimal form of the lower 64 bits. Pure.
 */
export const traceForms = (id: string): readonly string[] => {
  const given = id.trim();
  const xray = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(given);
  const hex = (xray ? `${xray[1]}${xray[2]}` : given).toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) return [given];
  const datadog = BigInt(`0x${hex.slice(16)}`).toString();
  return [...new Set([given, hex, `1-${hex.slice(0, 8)}-${hex.slice(8)}`, datadog])];
};

/** Also finds request and correlation ids: what matters is that the line has it as a whole word. */
export const mentions = (message: string, forms: readonly string[]): boolean =>
  forms.some((form) => {
    for (let at = message.indexOf(form); at >= 0; at = message.indexOf(form, at + 1)) {
      if (!isWord(message[at - 1]) && !isWord(message[at + form.length])) return true;
    }
    return false;
  });

const isWord = (character: string | undefined): boolean => character !== undefined && /[0-9a-zA-Z]/.test(character);
