// The client of our event stream: one connection a browser, whatever number of tabs and screens.
//
// Where there are shared workers, all tabs speak to one (live.worker.ts) and it holds the one
// connection; elsewhere each page holds its own. A screen need not care.
import { Connection, type Heard, type Source } from './connection';

export type { Source } from './connection';

export interface Status {
  /** `live`: heard from in the last 25 s. `stale`: not. `forbidden`: the right was lost. */
  state: 'live' | 'stale' | 'forbidden';
  /** When it was last heard from (`stale`), or since when it is so. */
  since: Date;
}

export interface Handlers<State, Change> {
  /** The whole truth: replace what you had. Comes again after a long loss. */
  snapshot(state: State, at: Date): void;
  /** New values of what changed, in order; applying one twice does no harm. */
  changes(changes: Change[], at: Date): void;
  status(status: Status): void;
}

export interface Following {
  close(): void;
}

/** Which connection a topic goes by. `apart`: one of its own, that no other topic's ticket holds up. */
export type Line = 'live' | 'apart';

/** Follows a topic until closed: reconnects alone, with fresh tickets, from where it was. */
export function follow<State, Change>(
  source: Source,
  on: Handlers<State, Change>,
  by: Line = 'live',
): Following {
  const hear = (heard: Heard) => {
    if (heard.kind === 'snapshot') on.snapshot(heard.state as State, new Date(heard.at));
    else if (heard.kind === 'changes') on.changes(heard.changes as Change[], new Date(heard.at));
    else on.status({ state: heard.state, since: new Date(heard.since) });
  };
  let line: Joined = shared(source, hear, by, goDirect) ?? direct(source, hear, by);
  function goDirect() {
    line.close();
    line = direct(source, hear, by);
    line.join();
  }
  const wake = () => document.hidden || line.wake();
  // A page kept for the back button holds no connection meanwhile.
  const hide = () => line.close();
  const show = (event: PageTransitionEvent) => event.persisted && line.join();
  addEventListener('online', wake);
  addEventListener('pagehide', hide);
  addEventListener('pageshow', show);
  document.addEventListener('visibilitychange', wake);
  line.join();
  return {
    close() {
      removeEventListener('online', wake);
      removeEventListener('pagehide', hide);
      removeEventListener('pageshow', show);
      document.removeEventListener('visibilitychange', wake);
      line.close();
    },
  };
}

interface Joined {
  join(): void;
  wake(): void;
  close(): void;
}

const own = new Map<Line, Connection>();

/** A line of this page alone; several topics of it go by one connection. */
function direct(source: Source, hear: (heard: Heard) => void, by: Line): Joined {
  const connection = own.get(by) ?? new Connection();
  own.set(by, connection);
  let leave = () => {};
  return {
    join: () => {
      leave();
      leave = connection.join(source, hear);
    },
    wake: () => connection.wake(),
    close: () => leave(),
  };
}

const PING_EVERY_MS = 15_000;

/** A line through the shared worker; `onDead` when the worker did not start, or crashed. */
function shared(
  source: Source,
  hear: (heard: Heard) => void,
  by: Line,
  onDead: () => void,
): Joined | null {
  const worker = startWorker(by);
  if (!worker) return null;
  const { port } = worker;
  let pinging: ReturnType<typeof setInterval> | undefined;
  let isAnswered = true;
  worker.onerror = onDead;
  port.onmessage = ({ data }: MessageEvent<Heard | 'pong'>) => {
    if (data === 'pong') isAnswered = true;
    else hear(data);
  };
  const ping = () => {
    if (!isAnswered) return onDead();
    isAnswered = false;
    port.postMessage('ping');
  };
  return {
    join: () => {
      clearInterval(pinging);
      isAnswered = true;
      pinging = setInterval(ping, PING_EVERY_MS);
      port.postMessage({ join: { ...source } });
    },
    wake: () => port.postMessage('wake'),
    close: () => {
      clearInterval(pinging);
      port.postMessage('leave');
    },
  };
}

function startWorker(by: Line): SharedWorker | null {
  try {
    // Written out twice: Vite reads the options when it builds.
    return by === 'live'
      ? new SharedWorker(new URL('./live.worker.ts', import.meta.url), {
          type: 'module',
          name: 'blueroom-live',
        })
      : new SharedWorker(new URL('./live.worker.ts', import.meta.url), {
          type: 'module',
          name: 'blueroom-apart',
        });
  } catch {
    return null; // none here (Chrome on Android), or its file is on another host
  }
}
