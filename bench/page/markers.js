/**
 * Replaces what stands between `<!-- NAME -->` and `<!-- end of NAME -->`.
 *
 * @param {string} page
 * @param {Readonly<Record<string, string>>} parts
 * @throws if the page lacks markers
 */
export function fillIn(page, parts) {
  let text = page;
  for (const [name, part] of Object.entries(parts)) {
    const begin = `<!-- ${name} -->`;
    const end = `<!-- end of ${name} -->`;
    const [before, rest] = cut(text, begin);
    const [, after] = cut(rest, end);
    text = `${before}${begin}\n\n${part}\n\n${end}${after}`;
  }
  return text;
}

/** @param {string} text @param {string} marker @returns {[string, string]} */
function cut(text, marker) {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`The page has no ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}
