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

/** Follows a topic until closed: reconnects alone, with fresh tickets, from where it was. */
export function follow<State, Change>(
  source: Source,
  on: Handlers<State, Change>,
): Following {
  const hear = (heard: Heard) => {
    if (heard.kind === 'snapshot') on.snapshot(heard.state as State, new Date(heard.at));
    else if (heard.kind === 'changes') on.changes(heard.changes as Change[], new Date(heard.at));
    else on.status({ state: heard.state, since: new Date(heard.since) });
  };
  let line: Line = shared(source, hear, goDirect) ?? direct(source, hear);
  function goDirect() {
    line.close();
    line = direct(source, hear);
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

interface Line {
  join(): void;
  wake(): void;
  close(): void;
}

function direct(source: Source, hear: (heard: Heard) => void): Line {
  const connection = new Connection();
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
function shared(source: Source, hear: (heard: Heard) => void, onDead: () => void): Line | null {
  const worker = startWorker();
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

function startWorker(): SharedWorker | null {
  try {
    return new SharedWorker(new URL('./live.worker.ts', import.meta.url), {
      type: 'module',
      name: 'blueroom-live',
    });
  } catch {
    return null; // none here (Chrome on Android), or its file is on another host
  }
}
