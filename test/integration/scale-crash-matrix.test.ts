import { describeMatrix, expectMutantsCaught } from '../operations/matrix-suite.js';
import { operations } from '../operations/scale.js';

describeMatrix(operations);

expectMutantsCaught(
  operations.filter(({ argv }) => argv.includes('--move-bounds')),
  ['ecs.change-count@1', 'autoscaling.set-bounds@1'],
);
