/**
 * Ends the child processes of a sandbox that was killed: a few lines of shell on the other end of a pipe, which is told
 * of each process group as it comes and goes. When the pipe closes, because the sandbox is gone in whatever way, what is
 * left on the list is ended. It costs next to nothing and leads its own session, so that nothing ends both at once.
 */
import { spawn } from 'node:child_process';

const script = `
groups=
while read -r what group; do
  case $what in
    add) groups="$groups $group" ;;
    drop)
      left=
      for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
      groups=$left
      ;;
  esac
done
for each in $groups; do kill -s TERM -- "-$each" 2>/dev/null; done
[ -z "$groups" ] || sleep 2
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
`;

export interface Guardian {
  readonly add: (group: number) => void;
  readonly drop: (group: number) => void;
  /** Ends it, and with it what is still on its list. */
  readonly close: () => void;
}

export const startGuardian = (): Guardian => {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  child.unref();
  // Without a shell there is no guardian: processes still end with a sandbox that ends in an orderly way.
  child.once('error', () => undefined);
  child.stdin.on('error', () => undefined);
  // A pipe's handle is a socket, whose type does not say that it can be unreferenced.
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  const tell = (line: string): void => {
    if (child.stdin.writable) child.stdin.write(`${line}\n`);
  };
  return {
    add: (group) => tell(`add ${group}`),
    drop: (group) => tell(`drop ${group}`),
    close: () => child.stdin.end(),
  };
};
