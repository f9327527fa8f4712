import { describe, expect, it } from 'vitest';
import { proven } from '../../src/lib/adoption/adopt.js';
import { chooseNames } from '../../src/lib/adoption/choose-names.js';
import type { ClusterFacts } from '../../src/lib/adoption/model.js';
import { behind, clusterOf, containerOf, routingOf } from '../helpers/adoption-facts.js';

const adopt = (facts: ClusterFacts) => proven(facts, chooseNames({ ...facts, only: [] }));

describe('many services', () => {
  const many = (count: number): ClusterFacts => {
    const numbers = Array.from({ length: count }, (_, index) => index);
    const secrets = ['DATABASE_URL', 'REDIS_URL'].map((name) => ({ name, valueFrom: `/shop/prod/${name}` }));
    return clusterOf(
      'shop-prod',
      numbers.map((number) => ({
        name: `shop-prod-s${number}`,
        settings: behind(`tg${number}`, `s${number}`),
        containers: [containerOf(`s${number}`, { secrets })],
      })),
      {
        routing: routingOf(
          numbers.map((n) => ({ group: `tg${n}`, balancer: 'shop', paths: [`/s${n}/*`], healthPath: '/health' })),
        ),
      },
    );
  };

  it('500 fit into a file that every command loads', () => {
    const { adoption } = adopt(many(500));
    expect(adoption.services.flatMap(({ questions }) => questions)).toEqual([]);
    expect(adoption.services).toHaveLength(500);
  });

  it('more than fit are refused before anything is written, with the way out', () => {
    expect(() => adopt(many(1_200))).toThrow(
      /1200 services do not make a platform.yaml that can be loaded; nothing was written: .*(more|larger) than/,
    );
  });
});
