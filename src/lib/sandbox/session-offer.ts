/**
 * What ECS and SSM know of live sessions: they offer one and get what its client needs to connect. session-host.ts does
 * the rest where there is a server; a world without one (in-process tests) gives addresses at which nobody answers.
 */
import { randomBytes } from 'node:crypto';
import type { World } from './world.js';

export interface SessionOffer {
  readonly id: string;
  readonly work:
    | {
        readonly kind: 'command';
        readonly taskArn: string;
        readonly container: string;
        readonly command: string;
        readonly environment: Readonly<Record<string, string>>;
      }
    | {
        readonly kind: 'port';
        readonly port: number;
        readonly localPort: number;
        /** Undefined: nothing of this machine, so nobody answers. */
        readonly loopbackPort: number | undefined;
      };
  /** The session is over, whoever ended it. */
  readonly onEnd: () => void;
}

export interface SessionGrant {
  readonly streamUrl: string;
  readonly tokenValue: string;
}

export interface SessionHost {
  offer(offer: SessionOffer): SessionGrant;
  /** A new token for a session that is still there. */
  resume(id: string): SessionGrant | undefined;
  end(id: string, why: string): void;
}

const nobody: SessionHost = {
  offer: ({ id }) => ({
    streamUrl: `ws://127.0.0.1:1/v1/data-channel/${id}?role=publish_subscribe`,
    tokenValue: randomBytes(32).toString('base64url'),
  }),
  resume: () => undefined,
  end: () => undefined,
};

// A property of the running server, like the task runner: no snapshot holds a live session.
const hosts = new WeakMap<World, SessionHost>();

export const sessionHost = (world: World): SessionHost => hosts.get(world) ?? nobody;

export const useSessionHost = (world: World, host: SessionHost): void => {
  hosts.set(world, host);
};
