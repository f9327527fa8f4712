/**
 * The images of a diff: those that a deploy with the same flags would choose. Where a deploy without a flag would be
 * refused (no commit, a dirty checkout, HEAD not pushed yet) a diff keeps the live image and says so: the rest of the
 * comparison is still worth having.
 */
import type { Warning } from '../cli/report.js';
import { isPlatformError, type PlatformError } from '../errors/platform-error.js';
import type { LiveService } from '../services/observe-live.js';
import {
  type ChosenImage,
  chooseImages,
  type ImageChoice,
  type ImageChoiceRequest,
  settleImage,
} from './deploy-images.js';

export interface DiffImages {
  readonly choices: ReadonlyMap<string, ImageChoice>;
  readonly warnings: readonly Warning[];
}

/** Nobody named these: the checkout's HEAD speaks for them. */
const isUnnamed = ({ request }: ImageChoiceRequest, service: string): boolean =>
  request.tag === undefined &&
  request.from === undefined &&
  request.image === 'choose' &&
  !request.images.some((image) => image.startsWith(`${service}=`));

const named = (options: ImageChoiceRequest): ImageChoiceRequest => ({
  ...options,
  services: options.services.filter(({ name }) => !isUnnamed(options, name)),
});

export const diffImages = async (options: ImageChoiceRequest): Promise<DiffImages> => {
  try {
    return { choices: await chooseImages(options), warnings: [] };
  } catch (error) {
    const rest = named(options);
    if (!isRefusal(error, 'E_USAGE') || rest.services.length === options.services.length) throw error;
    const choices = rest.services.length === 0 ? new Map<string, ImageChoice>() : await chooseImages(rest);
    const message = `${error.message}: compared with the live images, as deploy --config-only would; --tag TAG compares with others`;
    return { choices, warnings: [{ code: 'image-kept', message }] };
  }
};

/** Like a deploy's, but HEAD's image may be missing: it has not been built yet. */
export const settleDiffImage = async (
  options: ImageChoiceRequest,
  live: LiveService,
  choice: ImageChoice | undefined,
): Promise<ChosenImage> => {
  const { at } = options;
  try {
    return await settleImage(at, live, choice ?? { kind: 'keep' });
  } catch (error) {
    if (!isRefusal(error, 'E_NOT_FOUND') || !isUnnamed(options, live.service.name)) throw error;
    const kept = await settleImage(at, live, { kind: 'keep' });
    const message = `${error.message.replace(/; nothing was changed$/, '')}: not built or not pushed yet, so its image is left as it is`;
    return { ...kept, warnings: [{ code: 'image-missing', message }] };
  }
};

const isRefusal = (error: unknown, code: PlatformError['code']): error is PlatformError =>
  isPlatformError(error) && error.code === code;
