import { problem } from './errors.js';

/** Reads `?before=` and `?limit=`. */
export function pageQuery(query, { limit, most }) {
  return {
    before: positive(query.before, 'before') ?? Number.POSITIVE_INFINITY,
    limit: Math.min(positive(query.limit, 'limit') ?? limit, most),
  };
}

function positive(value, name) {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw problem(400, `“${name}” has to be a whole number from 1 on.`);
}
