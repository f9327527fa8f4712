/** Limits of requests and of their rate. */
import type { RateLimit } from '../../service.js';
import { invalidParameter } from './errors.js';

export const pageLimit = (maxResults: number | undefined, limit: number): number => {
  if (maxResults === undefined) return limit;
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > limit)
    throw invalidParameter(`maxResults must be between 1 and ${limit}.`);
  return maxResults;
};

const bucket = (perSecond: number, burst: number, operations: readonly string[]): RateLimit => ({
  operations,
  perSecond,
  burst,
  code: 'ThrottlingException',
});

/** RunTask and the cluster reads are documented; the other buckets follow the same pattern (assumed). */
export const ecsLimits: readonly RateLimit[] = [
  bucket(20, 50, ['DescribeClusters', 'ListClusters', 'DescribeCapacityProviders']),
  bucket(20, 100, ['DescribeServices', 'ListServices', 'DescribeTasks', 'ListTasks']),
  bucket(20, 100, [
    'ListServiceDeployments',
    'DescribeServiceDeployments',
    'DescribeServiceRevisions',
    'DescribeTaskDefinition',
    'ListTaskDefinitions',
    'ListTaskDefinitionFamilies',
    'ListTagsForResource',
  ]),
  bucket(5, 50, ['CreateService', 'UpdateService', 'DeleteService', 'StopServiceDeployment']),
  bucket(1, 20, ['RegisterTaskDefinition', 'DeregisterTaskDefinition']),
  bucket(20, 20, ['RunTask']),
  bucket(40, 100, ['StopTask']),
];
