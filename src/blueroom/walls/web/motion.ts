// How things come and go on a wall. A calm wall only fades.
import { cubicOut } from 'svelte/easing';
import type { TransitionConfig } from 'svelte/transition';

const asked = new URLSearchParams(location.search).has('calm');

/** Whether this screen wants no movement: `?calm` in its address, or the system's preference. */
export const isCalm = () => asked || matchMedia('(prefers-reduced-motion: reduce)').matches;

/** A new question rises 40 px and fades in. */
export function rise(_: Element): TransitionConfig {
  if (isCalm()) return { duration: 200, css: (t) => `opacity: ${t}` };
  return {
    duration: 450,
    easing: cubicOut,
    css: (t, rest) => `opacity: ${t}; transform: translateY(${rest * 4}rem)`,
  };
}

/** Comes where it stays: for what other things are measured by. */
export function appear(_: Element): TransitionConfig {
  return { duration: isCalm() ? 200 : 450, css: (t) => `opacity: ${t}` };
}

/** The old one is gone before the new one is up. */
export function leave(_: Element): TransitionConfig {
  return { duration: isCalm() ? 200 : 140, css: (t) => `opacity: ${t}` };
}

/** For `animate:flip`. */
export const moving = () => ({ duration: isCalm() ? 0 : 220 });
