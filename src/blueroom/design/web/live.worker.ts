// The shared worker that holds the browser's one connection for all its tabs.
import { Connection, type Source } from './connection';

type Asked = { join: Source } | 'leave' | 'wake' | 'ping';

const connection = new Connection();

(self as unknown as SharedWorkerGlobalScope).onconnect = ({ ports: [port] }) => {
  if (!port) return;
  let leave = () => {};
  port.onmessage = ({ data }: MessageEvent<Asked>) => {
    if (data === 'ping') return port.postMessage('pong');
    if (data === 'wake') return connection.wake();
    leave();
    leave = () => {};
    if (data !== 'leave') leave = connection.join(data.join, (heard) => port.postMessage(heard));
  };
  // A tab that crashed says no goodbye; Chromium tells (since 122), others keep one line too many.
  port.addEventListener('close', () => leave());
};
