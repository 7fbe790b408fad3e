const REST = Buffer.alloc(64, 0xab);

/** Files that begin as the real ones do. */
export const PICTURES = {
  png: Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), REST]),
  jpg: Buffer.concat([Buffer.from('\xff\xd8\xff\xe0', 'latin1'), REST]),
  gif: Buffer.concat([Buffer.from('GIF89a', 'latin1'), REST]),
  webp: Buffer.concat([Buffer.from('RIFF\x40\0\0\0WEBP', 'latin1'), REST]),
};

export function pngOfSize(bytes: number): Buffer {
  const picture = Buffer.alloc(bytes);
  PICTURES.png.copy(picture);
  return picture;
}
