import { open } from 'node:fs/promises';

const KINDS = [
  { extension: 'png', fits: (head) => head.startsWith('\x89PNG\r\n\x1a\n') },
  { extension: 'jpg', fits: (head) => head.startsWith('\xff\xd8\xff') },
  { extension: 'gif', fits: (head) => head.startsWith('GIF87a') || head.startsWith('GIF89a') },
  { extension: 'webp', fits: (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8) },
];

/** The extension the file's own first bytes call for, whatever its name or sender claims. */
export async function pictureExtension(path) {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(12), 0, 12, 0);
    const head = buffer.toString('latin1', 0, bytesRead);
    return KINDS.find((kind) => kind.fits(head))?.extension;
  } finally {
    await handle.close();
  }
}
