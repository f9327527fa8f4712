/** The deployment circuit breaker's threshold and state. */
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';
import type { BreakerState } from './state.js';

const lowest = 3;
const highest = 200;

const bounded = (count: number): number => Math.min(highest, Math.max(lowest, count));

/** Failed tasks that trip the breaker. Without a configured threshold: half of the desired count, within 3 and 200. */
export const breakerThreshold = (configuration: DeploymentConfiguration, desiredCount: number): number => {
  const threshold = configuration.deploymentCircuitBreaker?.thresholdConfiguration;
  const value = threshold?.value ?? 50;
  const percent = Math.ceil((desiredCount * value) / 100);
  switch (threshold?.type) {
    case 'COUNT':
      return Math.max(1, value);
    case 'UNBOUNDED_PERCENT':
      return Math.max(1, percent);
    default:
      return bounded(percent);
  }
};

export const newBreaker = (configuration: DeploymentConfiguration, desiredCount: number): BreakerState => {
  const breaker = configuration.deploymentCircuitBreaker;
  return {
    status: breaker?.enable ? 'MONITORING' : 'DISABLED',
    failureCount: 0,
    threshold: breakerThreshold(configuration, desiredCount),
    isRollback: breaker?.rollback ?? false,
    isReset: breaker?.resetOnHealthyTask ?? true,
  };
};
