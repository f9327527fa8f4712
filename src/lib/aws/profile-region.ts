/** The region that a profile of ~/.aws/config names, for commands that have no platform.yaml to say it. */
import { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config';

/** AWS_REGION first, as the SDK does; undefined when nobody names one. */
export const configuredRegion = async (profile: string | undefined): Promise<string | undefined> => {
  const load = loadConfig<string>(
    { ...NODE_REGION_CONFIG_OPTIONS, default: () => '' },
    { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...(profile === undefined ? {} : { profile }) },
  );
  return (await load()) || undefined;
};
