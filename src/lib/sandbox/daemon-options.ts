/** What the daemon is started with: JSON in its one argument, so nothing secret. */
export interface DaemonOptions {
  /** The user's state folder, `$XDG_STATE_HOME/platform`. */
  readonly registryState: string;
  readonly log: string;
  readonly port?: number;
  /** AWS seconds per real second; 0 is a clock that only `advance` moves. */
  readonly speed: number;
  readonly region: string;
  readonly exec: boolean;
  readonly trafficRps: number;
  readonly limits: 'enforced' | 'off';
  readonly upstream?: string;
  readonly logEvents?: number;
  readonly stateFolder?: string;
}
