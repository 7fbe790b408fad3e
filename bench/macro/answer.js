import { request } from 'node:http';

/**
 * Asks once, and looks at what comes.
 *
 * @param {string} origin
 * @param {import('./cases.js').Case} testCase
 * @throws if the answer is not right
 */
export async function checkAnswer(origin, { headers = {}, upload, isRight }) {
  const { status, body } = await ask(origin, headers, upload);
  if (status === 200 && isRight(body)) return;
  const start = JSON.stringify(body.toString('latin1', 0, 200));
  throw new Error(`The answer is not right: ${status} with ${body.length} bytes, ${start}`);
}

/**
 * @param {string} origin
 * @param {Readonly<Record<string, string>>} headers
 * @param {number | undefined} upload
 * @returns {Promise<{ status: number | undefined, body: Buffer }>}
 */
function ask(origin, headers, upload) {
  return new Promise((resolve, reject) => {
    const method = upload ? 'POST' : 'GET';
    const asked = request(origin, { method, headers, agent: false, timeout: 10_000 });
    asked.on('timeout', () => asked.destroy(new Error('There is no answer')));
    asked.on('error', reject).on('response', async (answer) => {
      const pieces = [];
      try {
        for await (const piece of answer) pieces.push(piece);
        resolve({ status: answer.statusCode, body: Buffer.concat(pieces) });
      } catch (error) {
        reject(error);
      }
    });
    asked.end(upload ? Buffer.alloc(upload, 'x') : undefined);
  });
}
