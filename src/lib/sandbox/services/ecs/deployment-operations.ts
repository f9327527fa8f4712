/** List-, Describe-, Stop- and ContinueServiceDeployment, DescribeServiceRevisions. */
import type {
  ContinueServiceDeploymentRequest,
  DescribeServiceDeploymentsRequest,
  DescribeServiceRevisionsRequest,
  ListServiceDeploymentsRequest,
  StopServiceDeploymentRequest,
} from '@aws-sdk/client-ecs';
import { pageOf } from '../../paging.js';
import type { Call } from '../../service.js';
import type { Place } from '../neighbours.js';
import { findRevision, noCandidate, rollbackCandidate, setStatus } from './deployment.js';
import { conflict, invalidParameter, serviceDeploymentNotFound } from './errors.js';
import { findService } from './find.js';
import { pageLimit } from './limits.js';
import { revisionView, serviceDeploymentBrief, serviceDeploymentView } from './service-view.js';
import { ecsState, isOngoing, placeOf, type ServiceDeploymentState, type ServiceState } from './state.js';
import { wakeService } from './wake.js';

const maximumArns = 20;

const find = (
  place: Place,
  arn: string | undefined,
): { readonly service: ServiceState; readonly record: ServiceDeploymentState } | undefined => {
  for (const service of Object.values(ecsState(place).services)) {
    const record = service.serviceDeployments.find((each) => each.arn === arn);
    if (record) return { service, record };
  }
  return undefined;
};

export const listServiceDeployments = (input: ListServiceDeploymentsRequest, call: Call): object => {
  const place = placeOf(call);
  const service = findService(place, { cluster: input.cluster, service: input.service });
  const after = input.createdAt?.after?.getTime() ?? 0;
  const before = input.createdAt?.before?.getTime() ?? Number.POSITIVE_INFINITY;
  const records = service.serviceDeployments
    .filter((record) => !input.status?.length || input.status.includes(record.status))
    .filter((record) => record.createdAt >= after && record.createdAt <= before);
  const page = pageOf(records, {
    limit: pageLimit(input.maxResults ?? 20, 100),
    token: input.nextToken,
    key: (record) => record.arn,
  });
  return {
    serviceDeployments: page.items.map((record) => serviceDeploymentBrief(place, { service, record })),
    nextToken: page.nextToken,
  };
};

const checkArns = (arns: readonly string[] | undefined, member: string): readonly string[] => {
  if (!arns?.length) throw invalidParameter(`${member} cannot be empty.`);
  if (arns.length > maximumArns) throw invalidParameter(`${member} cannot have more than ${maximumArns} elements.`);
  return arns;
};

export const describeServiceDeployments = (input: DescribeServiceDeploymentsRequest, call: Call): object => {
  const place = placeOf(call);
  const arns = checkArns(input.serviceDeploymentArns, 'serviceDeploymentArns');
  const found = arns.map((arn) => ({ arn, at: find(place, arn) }));
  return {
    serviceDeployments: found.flatMap(({ at }) => (at ? [serviceDeploymentView(place, at)] : [])),
    failures: found.filter(({ at }) => at === undefined).map(({ arn }) => ({ arn, reason: 'MISSING' })),
  };
};

export const describeServiceRevisions = (input: DescribeServiceRevisionsRequest, call: Call): object => {
  const place = placeOf(call);
  const arns = checkArns(input.serviceRevisionArns, 'serviceRevisionArns');
  const found = arns.map((arn) => ({ arn, at: findRevision(place, arn) }));
  return {
    serviceRevisions: found.flatMap(({ at }) => (at ? [revisionView(place, at)] : [])),
    failures: found.filter(({ at }) => at === undefined).map(({ arn }) => ({ arn, reason: 'MISSING' })),
  };
};

export const stopServiceDeployment = (input: StopServiceDeploymentRequest, call: Call): object => {
  const place = placeOf(call);
  const found = find(place, input.serviceDeploymentArn);
  if (!found) throw serviceDeploymentNotFound();
  const { service, record } = found;
  if (!isOngoing(record)) throw conflict(`The service deployment is in ${record.status} state.`);
  const stopType = input.stopType ?? 'ROLLBACK';
  // In the later states the deployment goes on with what it does already.
  if (record.status === 'PENDING' || record.status === 'IN_PROGRESS') {
    if (stopType === 'ROLLBACK' && !rollbackCandidate(service)) throw conflict(noCandidate);
    setStatus(place, service, { of: record, to: stopType === 'ROLLBACK' ? 'ROLLBACK_REQUESTED' : 'STOP_REQUESTED' });
    wakeService(place, service);
  }
  return { serviceDeploymentArn: record.arn };
};

export const continueServiceDeployment = (input: ContinueServiceDeploymentRequest, call: Call): object => {
  if (!find(placeOf(call), input.serviceDeploymentArn)) throw serviceDeploymentNotFound();
  throw invalidParameter(`The service deployment has no lifecycle hook ${input.hookId} that awaits an action.`);
};
