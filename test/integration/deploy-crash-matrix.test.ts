import { operations as deployOperations } from '../operations/deploy.js';
import { describeMatrix, expectMutantsCaught } from '../operations/matrix-suite.js';

const single = deployOperations.filter((entry) => entry.services.length === 1);

describeMatrix(single);

expectMutantsCaught(single, ['ecs.register-task-definition@1', 'ecs.update-service@1']);
