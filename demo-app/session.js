import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cookieSession from 'cookie-session';
import { replaceFileSync } from './durable.js';

const YEAR = 365 * 24 * 60 * 60 * 1000;

/** Gives every request a `req.session`, kept in a signed cookie; mere readers get no cookie. */
export function rememberVisitor(dataFolder) {
  const session = cookieSession({
    name: 'guestbook',
    keys: [readOrMakeKey(join(dataFolder, 'session.key'))],
    maxAge: YEAR,
    httpOnly: true,
    sameSite: 'lax',
  });
  return (req, res, next) =>
    session(req, res, () => {
      req.sessionOptions.secure = req.secure;
      req.sessionOptions.path = req.baseUrl || '/';
      next();
    });
}

/** The visitor's id, made when something is first written. */
export function visitorId(req) {
  req.session.visitor ??= randomUUID();
  return req.session.visitor;
}

/** @param {import('./store.js').Entry} entry */
export function isOwn(entry, req) {
  return req.session.visitor !== undefined && entry.owner === req.session.visitor;
}

function readOrMakeKey(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const key = randomBytes(32).toString('base64url');
  replaceFileSync(path, `${key}\n`, 0o600);
  return key;
}
