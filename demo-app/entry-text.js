const LONGEST_NAME = 80;
const LONGEST_MESSAGE = 2000;

// Controls, and the marks that make text run backwards over what surrounds it.
const UNWANTED = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/**
 * @param {Record<string, unknown>} fields as they came from a form or from JSON
 * @returns {{ values: { name: string, message: string }, errors: { name?: string, message?: string } }}
 */
export function readEntryText(fields) {
  const values = {
    name: clean(fields.name).replace(/\s+/g, ' ').trim(),
    message: clean(fields.message).trim(),
  };
  const errors = {};
  if (!VISIBLE.test(values.name)) errors.name = 'Please write your name.';
  else if (tooLong(values.name, LONGEST_NAME)) errors.name = shorten('name', LONGEST_NAME);
  if (!VISIBLE.test(values.message)) errors.message = 'Please write a message.';
  else if (tooLong(values.message, LONGEST_MESSAGE)) {
    errors.message = shorten('message', LONGEST_MESSAGE);
  }
  return { values, errors };
}

function clean(value) {
  if (typeof value !== 'string') return '';
  const lines = value.toWellFormed().normalize('NFC').replace(/\r\n?/g, '\n');
  return lines.replaceAll('\t', ' ').replace(UNWANTED, '');
}

function tooLong(text, longest) {
  return [...text].length > longest;
}

function shorten(what, longest) {
  return `Please keep your ${what} to ${longest} characters.`;
}
