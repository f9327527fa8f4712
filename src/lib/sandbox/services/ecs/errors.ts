/** ECS's refusals, with AWS's codes and texts. */
import { AwsError } from '../../service.js';

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);
export const clientError = (message: string): AwsError => new AwsError('ClientException', message);
export const clusterNotFound = (): AwsError => new AwsError('ClusterNotFoundException', 'Cluster not found.');
export const serviceNotFound = (): AwsError => new AwsError('ServiceNotFoundException', 'Service not found.');
export const serviceNotActive = (): AwsError => new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
export const conflict = (message: string): AwsError => new AwsError('ConflictException', message);
export const serviceDeploymentNotFound = (): AwsError =>
  new AwsError('ServiceDeploymentNotFoundException', 'The service deployment was not found.');
