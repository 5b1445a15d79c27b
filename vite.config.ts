import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { geoEquirectangular, geoPath, type GeoPermissibleObjects } from 'd3-geo';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { defineConfig, type Plugin } from 'vite';

// One entry for each room that has a screen, src/blueroom/<room>/web/main.ts, one for its service
// worker and one for what its screen frames, where it has them. Django reads the manifest to find the hashed file names.
const rooms = 'src/blueroom';
const entries = readdirSync(rooms)
  .flatMap((room) => [
    [room, `${rooms}/${room}/web/main.ts`],
    [`${room}-service`, `${rooms}/${room}/web/service.ts`],
    [`${room}-frame`, `${rooms}/${room}/web/frame.ts`],
  ])
  .filter(([, path]) => existsSync(path));

type Shape = [tag: string, attributes: Record<string, string>];

function symbol(name: string): string {
  const source = readFileSync(`node_modules/@lucide/svelte/dist/icons/${name}.svelte`, 'utf8');
  const found = /const iconData = (\{.*\});/.exec(source);
  if (!found) throw new Error(`Lucide has no icon ${name}, or keeps it in another form.`);
  const { node } = JSON.parse(found[1]) as { node: Shape[] };
  const shapes = node.map(([tag, attributes]) => {
    const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
    return `<${tag}${words.join('')}/>`;
  });
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes.join('')}</symbol>`;
}

// The icons of the pages that Django renders, in one file: icons.json names them.
const icons: Plugin = {
  name: 'icons',
  generateBundle() {
    const names = JSON.parse(readFileSync(`${rooms}/design/web/icons.json`, 'utf8')) as string[];
    const source = `<svg xmlns="http://www.w3.org/2000/svg">${names.map(symbol).join('\n')}</svg>`;
    this.emitFile({ type: 'asset', fileName: 'icons.svg', source });
  },
};

// The path in steps, without points a tenth of a degree or less from the last: a quarter of its size.
function lighter(path: string): string {
  return path.replace(/M([^MZ]+)(Z?)/g, (_, line: string, end: string) => {
    const [first, ...others] = line.split('L').map((point) => point.split(',').map(Number) as [number, number]);
    let [x, y] = first!;
    const steps = others.flatMap(([toX, toY], at) => {
      const step = [toX - x, toY - y];
      if (Math.hypot(...step) <= 2 && at < others.length - 1) return [];
      [x, y] = [toX, toY];
      return step;
    });
    return steps.length > 4 || !end ? `M${first!.join(' ')}l${steps.join(' ')}${end}` : '';
  });
}

// Land and frontiers for the maps of pages, twenty units a degree: report/drawing.py puts dots on it.
const land: Plugin = {
  name: 'land',
  generateBundle() {
    const atlas = JSON.parse(readFileSync('node_modules/world-atlas/countries-50m.json', 'utf8')) as Topology<{
      land: GeometryCollection;
      countries: GeometryCollection;
    }>;
    const flat = geoEquirectangular().scale(3600 / Math.PI).translate([0, 0]).precision(0);
    const path = geoPath(flat).digits(0);
    const draw = (shape: GeoPermissibleObjects) => lighter(path(shape) ?? '');
    const shapes = [
      `<path d="${draw(feature(atlas, atlas.objects.land))}"/>`,
      `<path d="${draw(mesh(atlas, atlas.objects.countries, (a, b) => a !== b))}" fill="none" stroke="currentColor" vector-effect="non-scaling-stroke"/>`,
    ];
    const source = `<svg xmlns="http://www.w3.org/2000/svg"><symbol id="land" overflow="visible">${shapes.join('')}</symbol></svg>`;
    this.emitFile({ type: 'asset', fileName: 'land.svg', source });
  },
};

// The fonts that pictures are written with, under fixed names: media/letters/fonts.py opens them.
const letters = {
  'figtree-latin': 'figtree/files/figtree-latin-wght-normal',
  'figtree-latin-ext': 'figtree/files/figtree-latin-ext-wght-normal',
  'fraunces-latin': 'fraunces/files/fraunces-latin-full-normal',
  'fraunces-latin-ext': 'fraunces/files/fraunces-latin-ext-full-normal',
  'fraunces-vietnamese': 'fraunces/files/fraunces-vietnamese-full-normal',
  'noto-arabic': 'noto-sans-arabic/files/noto-sans-arabic-arabic-wght-normal',
  'noto-cyrillic': 'noto-sans/files/noto-sans-cyrillic-wght-normal',
  'noto-cyrillic-ext': 'noto-sans/files/noto-sans-cyrillic-ext-wght-normal',
  'noto-devanagari': 'noto-sans/files/noto-sans-devanagari-wght-normal',
  'noto-greek': 'noto-sans/files/noto-sans-greek-wght-normal',
  'noto-greek-ext': 'noto-sans/files/noto-sans-greek-ext-wght-normal',
  'noto-hebrew': 'noto-sans-hebrew/files/noto-sans-hebrew-hebrew-wght-normal',
  'noto-vietnamese': 'noto-sans/files/noto-sans-vietnamese-wght-normal',
};

const fonts: Plugin = {
  name: 'fonts',
  generateBundle() {
    const files = Object.entries(letters).map(([name, path]) => [name, `@fontsource-variable/${path}`]);
    for (const [name, path] of [...files, ['emoji', 'twemoji-colr-font/twemoji']]) {
      const source = readFileSync(`node_modules/${path}.woff2`);
      this.emitFile({ type: 'asset', fileName: `fonts/${name}.woff2`, source });
    }
  },
};

export default defineConfig({
  base: '/static/ui/',
  publicDir: false,
  plugins: [svelte(), icons, land, fonts],
  build: {
    outDir: `${rooms}/static/ui`,
    emptyOutDir: true,
    manifest: 'manifest.json',
    target: 'es2022',
    // A strict content policy allows no data: fonts or scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: Object.fromEntries(entries) },
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', port: 5173, strictPort: true },
});
