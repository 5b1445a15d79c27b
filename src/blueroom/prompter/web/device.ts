// What is remembered on this device, not in the room: how this one tablet is set up.

/** `size`: 0 is as large as fits; each step up or down makes the question a fifth larger or smaller.
 * `isMirrored`: for the glass of a teleprompter. `language`: null is the session's. */
export interface Device {
  size: number;
  isMirrored: boolean;
  language: 'fr' | 'en' | null;
}

export const SMALLEST = -4;
export const LARGEST = 4;
const STEP = 1.2;
const KEY = 'prompter';
const FRESH: Device = { size: 0, isMirrored: false, language: null };

/** By how much the question is larger than what fits. */
export const scaleOf = ({ size }: Device): number => STEP ** size;

/** Whatever was written there, as far as it makes sense. */
export function readDevice(text: string | null): Device {
  try {
    const { size, isMirrored, language } = JSON.parse(text ?? '{}') as Partial<Device>;
    return {
      size: Math.max(SMALLEST, Math.min(LARGEST, Math.round(Number(size) || 0))),
      isMirrored: isMirrored === true,
      language: language === 'fr' || language === 'en' ? language : null,
    };
  } catch {
    return FRESH;
  }
}

export function findDevice(): Device {
  try {
    return readDevice(localStorage.getItem(KEY));
  } catch {
    return FRESH; // this browser keeps nothing
  }
}

export function keepDevice(device: Device): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(device));
  } catch {
    // Then it lasts as long as the page.
  }
}
