import { crc32, deflateSync } from 'node:zlib';

type Colour = readonly [red: number, green: number, blue: number];

/** A PNG file (RFC 2083) of 8 bits a channel whose pixels `colour` tells. */
export function makePng(
  width: number,
  height: number,
  colour: (x: number, y: number) => Colour,
): Buffer {
  const rows = Array.from({ length: height }, (_, y) => {
    const pixels = Array.from({ length: width }, (_, x) => colour(x, y));
    return [0, ...pixels.flat()];
  });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  const checksum = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** An evening by the sea. */
export function sunset(width: number, height: number): Buffer {
  const horizon = height * 0.62;
  return makePng(width, height, (x, y) => {
    const fromSun = Math.hypot(x - width * 0.62, y - height * 0.46) / height;
    if (y < horizon) {
      if (fromSun < 0.13) return [255, 236, 170];
      const glow = Math.max(0, 1 - fromSun * 1.6);
      const dusk = y / horizon;
      return [
        rgb(60 + 150 * dusk + 90 * glow),
        rgb(60 + 60 * dusk + 90 * glow),
        rgb(120 - 20 * dusk),
      ];
    }
    const depth = (y - horizon) / (height - horizon);
    const ripple = 12 * Math.sin(y * 1.3 + Math.sin(x / 9) * 2);
    const path = Math.max(0, 1 - Math.abs(x - width * 0.62) / (width * (0.06 + 0.12 * depth)));
    return [
      rgb(40 + 170 * path + ripple),
      rgb(60 + 110 * path + ripple),
      rgb(95 + 20 * path + ripple),
    ];
  });
}

/** A hill with a tree under a clear sky. */
export function hill(width: number, height: number): Buffer {
  return makePng(width, height, (x, y) => {
    const crown = Math.hypot((x - width * 0.34) / 1.1, y - height * 0.4) < height * 0.2;
    const trunk = Math.abs(x - width * 0.34) < width * 0.015 && y > height * 0.5;
    const ground = height * 0.78 - Math.sin((x / width) * Math.PI) * height * 0.14;
    if (crown) return [rgb(58 + (x % 7) * 3), rgb(110 + (y % 5) * 4), 62];
    if (y > ground) return [rgb(120 - (y - ground) * 0.2), rgb(150 - (y - ground) * 0.3), 80];
    if (trunk) return [92, 66, 46];
    return [rgb(150 + (y / height) * 80), rgb(195 + (y / height) * 40), 232];
  });
}

function rgb(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
