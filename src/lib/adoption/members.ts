/** Looking into AWS's JSON without trusting its shape. Pure. */
export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const membersOf = (value: unknown): readonly Members[] => (Array.isArray(value) ? value.filter(isMembers) : []);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
