/** Schemas of the results of `config` commands: the contract behind docs/schemas. */
import { z } from 'zod';

export const configValidateSchema = z.object({
  file: z.string(),
  environments: z.array(z.string()),
  services: z.array(z.string()),
});
export type ConfigValidateResult = z.output<typeof configValidateSchema>;

export const configShowSchema = z.object({
  file: z.string(),
  environment: z.string(),
  values: z.array(
    z.object({
      path: z.string(),
      value: z.union([z.string(), z.number(), z.boolean()]),
      origin: z.string().describe('file:line:column, `env NAME`, or `default`'),
    }),
  ),
});
export type ConfigShowResult = z.output<typeof configShowSchema>;

/** The JSON Schema of platform.yaml itself. */
export const configSchemaSchema = z.record(z.string(), z.unknown());
