import { defineConfig } from 'vitest/config';

const tier = (name: string, options: object = {}) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

export default defineConfig({
  test: {
    isolate: false,
    disableConsoleIntercept: true,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    env: { NO_COLOR: '1', TZ: 'UTC', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      tier('unit'),
      tier('integration', { testTimeout: 120_000 }),
      tier('contract', { testTimeout: 120_000 }),
      tier('e2e', { testTimeout: 300_000, hookTimeout: 300_000 }),
    ],
  },
});
