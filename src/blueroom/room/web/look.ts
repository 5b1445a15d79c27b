// What is typed in the form of the look, and what it would make of the screens.
import type { Boot } from '../../design/web/boot';

export type Light = 'day' | 'air';
export const LIGHTS: Light[] = ['day', 'air'];

/** A pair of tokens and the least contrast that it needs. */
export type Pair = [ink: string, ground: string, least: number];

export interface LookBoot extends Boot {
  screen: 'theme' | 'design';
  room: string;
  try_url: string;
  /** Stacks of families, by the key of a typeface. */
  faces: Record<string, string>;
  house: Record<Light, Record<string, string>>;
  logos: Partial<Record<Light, Logo>>;
  names: Record<string, string>;
  pairs: Record<Light, Pair[]>;
}

export interface Logo {
  url: string;
  ratio: number;
}

/** What these colours make: each token's, and what cannot be read. */
export interface Tried {
  tokens: Record<Light, Record<string, string>>;
  failures: Failure[];
}

export interface Failure {
  field: string;
  nearest: string | null;
  sentence: string;
}

export interface Look {
  /** What is typed in a field, or chosen. */
  typed(name: string): string;
  /** The logo that screens by that light would wear. */
  logo(light: Light): Promise<Logo | null>;
  /** What the server makes of the colours; null where one is not whole yet, or it does not answer. */
  tried(): Promise<Tried | null>;
  take(failure: Failure): void;
  /** Calls back soon after each change. */
  watch(changed: () => void): void;
}

const SOON_MS = 120;
const WORDMARK = 2; // as design/theme.py has it
const CHOICES = ['accent', 'ground', 'card'];

export function look(form: HTMLFormElement, boot: LookBoot): Look {
  const typed = (name: string) => {
    const value = new FormData(form).get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  return {
    typed,
    async logo(light) {
      for (const one of [light, light === 'day' ? 'air' : 'day'] as Light[]) {
        const sent = new FormData(form).get(`logo_${one}`);
        if (sent instanceof File && sent.size) return await measured(sent);
        if (boot.logos[one] && !typed(`logo_${one}_gone`)) return boot.logos[one];
      }
      return null;
    },
    async tried() {
      const colours = LIGHTS.map((light) => [
        light,
        Object.fromEntries(CHOICES.map((choice) => [choice, typed(`${choice}_${light}`)])),
      ]);
      const answer = await fetch(boot.try_url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': typed('csrfmiddlewaretoken') },
        body: JSON.stringify(Object.fromEntries(colours)),
      }).catch(() => null);
      return answer?.ok ? ((await answer.json()) as Tried) : null;
    },
    take({ field, nearest }) {
      const input = form.elements.namedItem(field) as HTMLInputElement | null;
      if (!input || !nearest) return;
      input.value = nearest;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      input.focus();
    },
    watch(changed) {
      let later: ReturnType<typeof setTimeout> | undefined;
      form.addEventListener('input', () => {
        clearTimeout(later);
        later = setTimeout(changed, SOON_MS);
      });
    },
  };
}

/** A picture as the server may take it; null for what this browser cannot show. */
async function measured(file: File): Promise<Logo | null> {
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  try {
    await picture.decode();
  } catch {
    return null;
  }
  return { url: picture.src, ratio: picture.naturalWidth / picture.naturalHeight };
}

/** The custom properties that a part of the page wears. */
export function properties(tokens: Record<string, string>, logo: Logo | null): Record<string, string> {
  const worn = Object.fromEntries(Object.entries(tokens).map(([name, colour]) => [`--${name}`, colour]));
  if (!logo) return worn;
  return {
    ...worn,
    '--logo': `url("${logo.url}")`,
    '--logo-ratio': String(logo.ratio),
    '--logo-shown': 'block',
    '--mark-shown': 'none',
    ...(logo.ratio >= WORDMARK ? { '--name-size': '0' } : {}),
  };
}
