// Loads a TypeScript or runes module for `node --test`: Node 20 cannot by itself, Vite can.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createServer } from 'vite';

const server = await createServer({
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  plugins: [svelte({ configFile: false })],
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});

/** The module at a path from the repository's root. */
export const load = (path) => server.ssrLoadModule(`/${path}`);

/** To be called when all tests are done, or Node does not end. */
export const close = () => server.close();
