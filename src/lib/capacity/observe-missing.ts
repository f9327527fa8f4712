/**
 * What the live task definition needs and is not there any more. Tasks that run do not notice; new ones could not start,
 * so this is looked for before more of them are asked for. Reads only.
 */
import type { EcrGateway } from '../aws/ecr.js';
import { toStepError } from '../aws/errors.js';
import type { Warning } from '../cli/report.js';
import type { DeploymentEvidence } from '../diagnosis/evidence.js';
import { isPlatformError } from '../errors/platform-error.js';
import { parseReference } from '../images/image-reference.js';
import { resolveImage } from '../images/resolve-image.js';
import type { Target } from '../plan/plan.js';
import type { EcsPorts } from '../runtimes/ecs/ports.js';
import { observeMissing as observeMissingReferences } from '../runtimes/ecs/references.js';

export type Missing = DeploymentEvidence['missing'][number];

export interface MissingRequest {
  /** Name in platform.yaml, for messages. */
  readonly service: string;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly target: Pick<Target, 'account' | 'region'>;
  readonly ecr: EcrGateway;
  readonly ports: Pick<EcsPorts, 'ssm' | 'secrets' | 'logs'>;
}

export interface Needs {
  readonly missing: readonly Missing[];
  readonly warnings: readonly Warning[];
}

export const observeNeeds = async (request: MissingRequest): Promise<Needs> => {
  const [images, references] = await Promise.all([missingImages(request), missingReferences(request)]);
  return {
    missing: [...images.missing, ...references.missing],
    warnings: [...images.warnings, ...references.warnings],
  };
};

const imagesOf = (definition: Readonly<Record<string, unknown>>): readonly string[] => {
  const containers = (definition['containerDefinitions'] ?? []) as readonly { readonly image?: string }[];
  return [...new Set(containers.flatMap(({ image }) => image ?? []))];
};

const missingImages = async (request: MissingRequest): Promise<Needs> => {
  const looks = await Promise.all(imagesOf(request.definition).map((image) => lookAt(request, image)));
  return { missing: looks.flatMap((look) => look.missing), warnings: looks.flatMap((look) => look.warnings) };
};

const lookAt = async (request: MissingRequest, image: string): Promise<Needs> => {
  const { service, ecr, target } = request;
  const written = parseReference(image);
  // A task definition may name neither; the registry then takes latest.
  const reference = written.tag === undefined && written.digest === undefined ? { ...written, tag: 'latest' } : written;
  try {
    const { warnings } = await resolveImage({ service, reference, ecr, ...target });
    return { missing: [], warnings };
  } catch (error) {
    if (!isPlatformError(error) || error.code !== 'E_NOT_FOUND') throw error;
    return { missing: [{ kind: 'image', name: image }], warnings: [] };
  }
};

const missingReferences = async ({ ports, definition, service }: MissingRequest): Promise<Needs> => {
  try {
    return { missing: await observeMissingReferences(ports, definition), warnings: [] };
  } catch (error) {
    const { message } = toStepError(error);
    const text = `${service}: secrets and log groups could not be checked: ${message}`;
    return { missing: [], warnings: [{ code: 'references-unchecked', message: text }] };
  }
};
