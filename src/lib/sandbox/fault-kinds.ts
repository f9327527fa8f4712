/** The faults that there are, and what each does. A table only: the CLI prints it without loading the sandbox. */
export const faultKinds = {
  throttle: 'AWS answers that the rate is exceeded',
  fail: 'AWS answers 500; nothing was done',
  'fail-after-write': 'AWS did it, and answers 500',
  'lose-answer': 'AWS did it, and the connection breaks before the answer',
  drop: 'the connection breaks; nothing was done',
  delay: 'the answer comes late (AWS time)',
  deny: 'AWS answers that the caller is not authorized',
  'expire-credentials': 'AWS answers that the token has expired',
} as const;

export type FaultKind = keyof typeof faultKinds;

export const estateFaults = {
  'delete-log-group': 'a log group is gone',
  'delete-parameter': 'an SSM parameter is gone',
  'delete-secret': 'a secret is gone',
  'delete-image': 'an image tag is gone from ECR (repository:tag)',
  'delete-role': 'an IAM role is gone',
  'deny-role': 'an IAM role lost a permission (role:service or role:service:Action)',
  'move-tag': 'an image tag names a new image (repository:tag)',
} as const;

export type EstateFault = keyof typeof estateFaults;

export const isEstateFault = (kind: string): kind is EstateFault => Object.hasOwn(estateFaults, kind);
