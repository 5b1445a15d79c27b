// The browser's cameras and microphones.
import { troubleOf, type Trouble } from './checks';

export interface Choice {
  /** Device ids, "" for whichever the browser takes. */
  camera: string;
  microphone: string;
}

export interface Devices {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
}

export type Opened = { stream: MediaStream; trouble: null } | { stream: null; trouble: Trouble };

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

const wanted = (deviceId: string) => (deviceId ? { deviceId: { ideal: deviceId } } : {});

/** What stands in the way before anything is asked; null where nothing does. */
export function obstacle(): Trouble | null {
  if (!isSecureContext) return 'insecure';
  const can = !!navigator.mediaDevices?.getUserMedia && 'MediaRecorder' in globalThis;
  return can ? null : 'unable';
}

/** Picture and sound; one of them where the machine has only one. */
export async function openCamera({ camera, microphone }: Choice): Promise<Opened> {
  const video = { ...PICTURE, ...wanted(camera), ...(camera ? {} : { facingMode: 'user' }) };
  const audio = { ...SOUND, ...wanted(microphone) };
  let trouble: Trouble = 'unknown';
  for (const constraints of [{ video, audio }, { video }, { audio }]) {
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(constraints), trouble: null };
    } catch (error) {
      trouble = error instanceof DOMException ? troubleOf(error.name) : 'unknown';
      if (trouble !== 'none') break; // half of it would be refused for the same reason
    }
  }
  return { stream: null, trouble };
}

/** Whether the person allowed it before: then nothing needs to be asked. */
export async function isAllowed(): Promise<boolean> {
  try {
    const asked = ['camera', 'microphone'].map((name) =>
      navigator.permissions.query({ name: name as PermissionName }),
    );
    return (await Promise.all(asked)).every(({ state }) => state === 'granted');
  } catch {
    return false; // a browser that does not tell
  }
}

export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind) => all.filter((one) => one.kind === kind && one.deviceId);
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}

export const stopAll = (stream: MediaStream | null) =>
  stream?.getTracks().forEach((track) => track.stop());

/** Whether the picture is of whoever holds the phone: that is shown as in a mirror. */
export const isMirrored = (stream: MediaStream) =>
  stream.getVideoTracks()[0]?.getSettings().facingMode !== 'environment';
