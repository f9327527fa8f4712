/** Every simulated service. A module is small; the SDK client that carries its API's schema is loaded at its first request. */
import type { ServiceModule } from './service.js';
import { autoScalingModule } from './services/autoscaling/module.js';
import { cloudWatchModule } from './services/cloudwatch/module.js';
import { ec2Module } from './services/ec2/module.js';
import { ecrModule } from './services/ecr/module.js';
import { ecsModule } from './services/ecs/module.js';
import { elbv2Module } from './services/elbv2/module.js';
import { iamModule } from './services/iam/module.js';
import { logsModule } from './services/logs/module.js';
import { secretsManagerModule } from './services/secretsmanager/module.js';
import { snsModule } from './services/sns/module.js';
import { ssmModule } from './services/ssm/module.js';
import { stsModule } from './services/sts/module.js';
import { wakeModule } from './wake.js';

export const createModules = (options: { readonly logEvents?: number } = {}): readonly ServiceModule[] => [
  ecsModule,
  elbv2Module,
  logsModule(options),
  ssmModule(),
  secretsManagerModule(),
  stsModule(),
  iamModule(),
  ecrModule(),
  ec2Module(),
  autoScalingModule(),
  cloudWatchModule(),
  snsModule(),
  wakeModule(),
];
