/** A project in a temporary folder: files by name, platform.yaml among them. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TempProject {
  readonly root: string;
  write(file: string, text: string | Buffer): string;
  remove(): void;
}

export const tempProject = (files: Readonly<Record<string, string | Buffer>> = {}): TempProject => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'platform-test-')));
  const write = (file: string, text: string | Buffer): string => {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
};

export const shopYaml = `version: 1
project: shop
region: eu-west-1
variables: [STAGE_PORT, OWNER]
defaultEnvironment: staging
environments:
  staging:
    loadBalancer: { name: shop-staging }
    variables:
      LOG_LEVEL: debug
  production:
    protected: true
    loadBalancer: { name: shop-production }
    aws:
      account: "123456789012"
      region: us-west-2
    variables:
      LOG_LEVEL: info
services:
  api:
    taskDefinition: task-definitions/api.json
    port: 3000
    image: { repository: shop/api }
    smoke: { url: /health }
    secrets:
      DATABASE_URL: /shop/\${{ environment.name }}/DATABASE_URL
  workers:
    taskDefinition: task-definitions/workers.yaml
    image: { repository: shop/workers }
    dependsOn: [api]
    strategy: { kind: rolling, deadline: 10m }
`;

export const apiTemplate = `{
  "family": "\${{ service.family }}",
  "cpu": "256",
  "memory": "512",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "executionRoleArn": "arn:aws:iam::\${{ account }}:role/ecsTaskExecutionRole",
  "containerDefinitions": [
    {
      "name": "api",
      "image": "\${{ image }}",
      "portMappings": [{ "containerPort": "\${{ service.port }}" }],
      "environment": [{ "name": "LOG_LEVEL", "value": "\${{ vars.LOG_LEVEL }}" }]
    }
  ]
}
`;

export const workersTemplate = `cpu: 256
memory: 512
networkMode: awsvpc
requiresCompatibilities: [FARGATE]
executionRoleArn: arn:aws:iam::\${{ account }}:role/ecsTaskExecutionRole
containerDefinitions:
  - name: workers
    image: \${{ image }}
    essential: true
`;

export const shopFiles = {
  'platform.yaml': shopYaml,
  'task-definitions/api.json': apiTemplate,
  'task-definitions/workers.yaml': workersTemplate,
} as const;
