// A picture as it is sent: of a kind that the server reads, and not larger than it takes.

/** The server takes 11 million characters of base64. */
export const SENT_BYTES_MAX = 8_000_000;
const SIDE_PX = 4096; // the server keeps no more
const QUALITIES = [0.92, 0.8, 0.65];
const READ = ['image/jpeg', 'image/png', 'image/webp'];

/** The picture is none that this browser, or the server, can read. */
export class Unreadable extends Error {}

/** The size inside a square of `side_px`, in the same ratio; never larger than it is. */
export function fitted(width_px: number, height_px: number, side_px = SIDE_PX): [number, number] {
  const scale = Math.min(1, side_px / Math.max(width_px, height_px));
  return [Math.max(1, Math.round(width_px * scale)), Math.max(1, Math.round(height_px * scale))];
}

/** The first picture among files that were dropped or pasted. */
export function pictureIn(files: Iterable<File> | null | undefined): File | undefined {
  return [...(files ?? [])].find(({ type }) => type.startsWith('image/'));
}

/** The picture itself where the server takes it, else a smaller one. Raises Unreadable. */
export async function prepared(file: Blob): Promise<Blob> {
  if (READ.includes(file.type) && file.size <= SENT_BYTES_MAX) return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file); // upright, as its camera says
  } catch {
    throw new Unreadable();
  }
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = fitted(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = '#fff'; // JPEG knows no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  for (const quality of QUALITIES) {
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
    if (made && made.size <= SENT_BYTES_MAX) return made;
  }
  throw new Unreadable();
}

/** The bytes of a picture as base64. */
export async function base64(picture: Blob): Promise<string> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = '';
  // fromCharCode takes so many arguments at once, in every browser.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
