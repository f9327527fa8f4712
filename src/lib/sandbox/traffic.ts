export const settleTraffic = (_w: unknown, _r: string, _o: { targetGroupArn?: string; route?: string }): void =>
  undefined;
