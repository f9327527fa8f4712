import { BaseCommand } from '../../lib/cli/base-command.js';
import type { GuideRow } from '../../lib/cli/json-guide.js';
import type { Report } from '../../lib/cli/report.js';

interface JsonGuide {
  readonly envelope: readonly GuideRow[];
  readonly streams: readonly GuideRow[];
}

export default class HelpJson extends BaseCommand<typeof HelpJson, JsonGuide> {
  static override summary = 'Explain the JSON document that every command prints with --json.';
  static override examples = ['<%= config.bin %> help json', '<%= config.bin %> help json --json'];
  static override reaches = 'nothing' as const;
  static override resultSchema = async () => (await import('../../lib/cli/result-schemas.js')).helpJson;

  protected override async execute(): Promise<Report<JsonGuide>> {
    const { envelopeMembers, jsonGuideLines, streamRules } = await import('../../lib/cli/json-guide.js');
    return { result: { envelope: envelopeMembers, streams: streamRules }, lines: jsonGuideLines() };
  }
}
