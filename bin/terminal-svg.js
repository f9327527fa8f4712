/**
 * Draws what a program printed, with its timing, as one animated SVG: lines appear when they were printed and the page
 * scrolls as a terminal does. Made from the recorded bytes only; nothing in the picture is written by hand.
 */
const lineHeight = 19;
const charWidth = 8.43;
const padding = 14;

const palette = {
  30: '#6b7280',
  31: '#f87171',
  32: '#4ade80',
  33: '#fbbf24',
  34: '#60a5fa',
  35: '#c084fc',
  36: '#22d3ee',
  37: '#e5e7eb',
  90: '#9ca3af',
};

const escapeXml = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);

/** `chunks`: [{at: seconds, text}] → [{at, text}] one per line, at the time its first character came. */
export const toLines = (chunks) => {
  const lines = [];
  let open;
  for (const { at, text } of chunks) {
    for (const piece of text.split(/(?<=\n)/)) {
      open ??= { at, text: '' };
      open.text += piece.replace(/\r?\n$/, '');
      if (piece.endsWith('\n')) {
        lines.push(open);
        open = undefined;
      }
    }
  }
  if (open) lines.push(open);
  return lines;
};

/** SGR codes → tspans; every other escape sequence is dropped. */
const spans = (text, columns) => {
  let style = { fill: undefined, bold: false, dim: false };
  let printed = 0;
  let out = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC is what starts an escape sequence.
  for (const part of text.split(/(\u001b\[[0-9;?]*[A-Za-z])/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: see above.
    const sequence = /^\u001b\[([0-9;?]*)([A-Za-z])$/.exec(part);
    if (sequence) {
      if (sequence[2] === 'm') style = applySgr(style, sequence[1]);
      continue;
    }
    const room = Math.max(0, columns - printed);
    const visible = part.length > room ? `${part.slice(0, Math.max(0, room - 1))}…` : part;
    printed += part.length;
    if (visible === '' || room === 0) continue;
    const attributes = [
      style.fill ? `fill="${style.fill}"` : '',
      style.bold ? 'font-weight="600"' : '',
      style.dim ? 'opacity="0.65"' : '',
    ].filter(Boolean);
    out += attributes.length ? `<tspan ${attributes.join(' ')}>${escapeXml(visible)}</tspan>` : escapeXml(visible);
  }
  return out;
};

const applySgr = (style, codes) => {
  let next = { ...style };
  for (const code of (codes || '0').split(';').map(Number)) {
    if (code === 0) next = { fill: undefined, bold: false, dim: false };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 39) next.fill = undefined;
    else if (palette[code]) next.fill = palette[code];
    else if (palette[code - 60]) next.fill = palette[code - 60];
  }
  return next;
};

/**
 * `chunks` as above; `columns` and `rows` of the window. Pauses longer than `maxPause` seconds are shortened, which the
 * caption says. The animation plays once and rests on the last screen.
 */
export const toSvg = (chunks, { columns = 100, rows = 30, maxPause = 2, title = '' } = {}) => {
  const lines = toLines(chunks);
  let clock = 0;
  let before = lines[0]?.at ?? 0;
  const timed = lines.map((line) => {
    clock += Math.min(maxPause, Math.max(0.02, line.at - before));
    before = line.at;
    return { ...line, at: clock };
  });
  const total = Math.max(1, clock);
  const width = Math.ceil(columns * charWidth + 2 * padding);
  const height = rows * lineHeight + 2 * padding;
  const body = timed
    .map((line, index) => {
      const y = padding + (index + 1) * lineHeight - 5;
      return `<text x="${padding}" y="${y}" opacity="0">${spans(line.text, columns)}<set attributeName="opacity" to="1" begin="${line.at.toFixed(2)}s" fill="freeze"/></text>`;
    })
    .join('\n');
  const scrolls = timed
    .map((line, index) => {
      if (index < rows) return '';
      const up = (index - rows + 1) * lineHeight;
      return `<animateTransform attributeName="transform" type="translate" to="0 ${-up}" begin="${line.at.toFixed(2)}s" dur="0.01s" fill="freeze"/>`;
    })
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e5e7eb">
<title>${escapeXml(title)}</title>
<style>text { white-space: pre }</style>
<rect width="${width}" height="${height}" rx="8" fill="#111827"/>
<clipPath id="window"><rect x="0" y="${padding}" width="${width}" height="${rows * lineHeight}"/></clipPath>
<g clip-path="url(#window)"><g>${scrolls}
${body}
</g></g>
<desc>${total.toFixed(1)} s; pauses longer than ${maxPause} s are shortened</desc>
</svg>
`;
};
