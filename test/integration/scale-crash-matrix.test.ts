import { describeMatrix } from '../operations/matrix-suite.js';
import { operations } from '../operations/scale.js';

describeMatrix(operations);
