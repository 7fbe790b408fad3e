import { isOwn } from './session.js';

/**
 * What a visitor may see of an entry.
 *
 * @param {import('./store.js').Entry} entry
 */
export function entryView(entry, req, res) {
  const { id, name, message, picture, writtenAt } = entry;
  const pictureUrl = picture && `${res.locals.base}/pictures/${picture}`;
  return { id, name, message, picture: pictureUrl, writtenAt, mine: isOwn(entry, req) };
}
