import { type ServerResponse, STATUS_CODES } from 'node:http';

/** Answers with a status, its name, and a reason if there is one. */
export function sendStatus(res: ServerResponse, status: number, reason = ''): void {
  const body = `${status} ${STATUS_CODES[status]}\n${reason && `${reason}\n`}`;
  res.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  res.end(body);
}
