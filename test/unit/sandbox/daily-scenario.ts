/** The ECS scenario in a world with metrics, alarms, topics and scaling. */
import { autoScalingModule } from '../../../src/lib/sandbox/services/autoscaling/module.js';
import { cloudWatchModule } from '../../../src/lib/sandbox/services/cloudwatch/module.js';
import { snsModule } from '../../../src/lib/sandbox/services/sns/module.js';
import { useTraffic } from '../../../src/lib/sandbox/traffic.js';
import { World } from '../../../src/lib/sandbox/world.js';
import { modules, Scenario, startOfTime } from './ecs-scenario.js';

export const scalable = {
  ServiceNamespace: 'ecs',
  ResourceId: 'service/shop/api',
  ScalableDimension: 'ecs:service:DesiredCount',
};

export class DailyScenario extends Scenario {
  constructor(requestsPerSecond = 0) {
    super(
      new World([...modules(), autoScalingModule(), cloudWatchModule(), snsModule()], {
        now: startOfTime,
        sandboxId: 'sandbox-1',
      }),
    );
    useTraffic(this.world, requestsPerSecond);
    this.prepare().running();
  }

  cloudwatch(operation: string, input: object = {}): ReturnType<Scenario['call']> {
    return this.call(operation, input, 'cloudwatch');
  }

  sns(operation: string, input: object = {}): ReturnType<Scenario['call']> {
    return this.call(operation, input, 'sns');
  }

  scaling(operation: string, input: object = {}): ReturnType<Scenario['call']> {
    return this.call(operation, input, 'autoscaling');
  }

  minutes(count: number): void {
    this.seconds(60 * count);
  }

  /** The dimensions of the api's target group, and of its balancer alone. */
  balancer(): { readonly Name: string; readonly Value: string }[] {
    const [balancer] = this.elb('DescribeLoadBalancers').LoadBalancers;
    return [{ Name: 'LoadBalancer', Value: balancer.LoadBalancerArn.split(':loadbalancer/')[1] }];
  }

  group(): { readonly Name: string; readonly Value: string }[] {
    return [{ Name: 'TargetGroup', Value: this.targetGroup().split(':')[5] ?? '' }, ...this.balancer()];
  }

  readonly serviceDimensions = [
    { Name: 'ClusterName', Value: 'shop' },
    { Name: 'ServiceName', Value: 'api' },
  ];

  /** One statistic of the last minutes, oldest first. */
  values(
    metric: string,
    stat: string,
    options: { readonly minutes?: number; readonly dimensions?: object[] } = {},
  ): number[] {
    const namespace = metric.endsWith('Utilization') ? 'AWS/ECS' : 'AWS/ApplicationELB';
    const dimensions = options.dimensions ?? (namespace === 'AWS/ECS' ? this.serviceDimensions : this.group());
    const { MetricDataResults } = this.cloudwatch('GetMetricData', {
      MetricDataQueries: [
        {
          Id: 'm1',
          MetricStat: {
            Metric: { Namespace: namespace, MetricName: metric, Dimensions: dimensions },
            Period: 60,
            Stat: stat,
          },
        },
      ],
      StartTime: new Date(this.world.now - (options.minutes ?? 10) * 60_000),
      EndTime: new Date(this.world.now),
      ScanBy: 'TimestampAscending',
    });
    return MetricDataResults[0].Values;
  }

  alarm(name: string, input: object = {}): void {
    this.cloudwatch('PutMetricAlarm', {
      AlarmName: name,
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Dimensions: this.group(),
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...input,
    });
  }

  stateOf(name: string): string {
    return this.cloudwatch('DescribeAlarms', { AlarmNames: [name] }).MetricAlarms[0]?.StateValue;
  }

  /** One datum of a metric of one's own. */
  put(value: number): void {
    this.cloudwatch('PutMetricData', { Namespace: 'Shop', MetricData: [{ MetricName: 'Queue', Value: value }] });
  }
}
