import { operations as deployOperations } from '../operations/deploy.js';
import { describeMatrix } from '../operations/matrix-suite.js';
import { operations as restartOperations } from '../operations/restart.js';
import { operations as rollbackOperations } from '../operations/rollback.js';

describeMatrix([
  ...deployOperations.filter((entry) => entry.services.length > 1),
  ...rollbackOperations,
  ...restartOperations,
]);
