// Has the service worker keep what is shown where there is no line (./service.ts).
import type { PhoneBoot } from './phone.svelte';

// After what the page itself needs, and not on all phones of a hall in the same moment.
const AFTER_MS = 3_000;
const WITHIN_MS = 12_000;

export function keepForOffline({ worker_url, offline_url }: PhoneBoot): void {
  if (!('serviceWorker' in navigator)) return;
  const keep = async () => {
    try {
      await navigator.serviceWorker.register(worker_url);
      const { active } = await navigator.serviceWorker.ready;
      active?.postMessage({ keep: offline_url });
    } catch {
      // Private windows and old browsers: the page needs a line then, as every page does.
    }
  };
  setTimeout(() => void keep(), AFTER_MS + Math.random() * WITHIN_MS);
}
