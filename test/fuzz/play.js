import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { checkCodec } from './codec.js';
import { answerText } from './exchange.js';
import { decode, encode, encodePairs, Type } from './wire.js';

const DEADLINE_MS = 20_000;

/** What an application may send; an empty FCGI_ABORT_REQUEST is how it breaks off a response. */
const sendable = new Set([
  Type.ABORT_REQUEST,
  Type.END_REQUEST,
  Type.STDOUT,
  Type.STDERR,
  Type.GET_VALUES_RESULT,
  Type.UNKNOWN_TYPE,
]);

/** Plays a case to its server, then sees that another connection is served. Throws what is wrong. */
export async function play(target, one) {
  checkCodec(one.chunks);
  const peer = await Peer.connect(target.path(one.server));
  try {
    for (const chunk of one.chunks) await peer.send(chunk);
    if (one.valid) await checkAnswers(peer, one.valid);
    await leave(peer, one.ending);
    checkSent(peer.records);
  } finally {
    peer.socket.destroy();
  }
  await checkWitness(target.path(0), one.seed);
}

async function leave(peer, ending) {
  if (ending === 'destroy') peer.socket.destroy();
  else if (ending === 'end') peer.socket.end();
  // Whoever says nothing more is waited for by the server, up to its time limits.
  else if (ending === 'silence') await new Promise((resolve) => setImmediate(resolve));
  if (ending === 'end' || ending === 'patience')
    await within('the end of the connection', peer.closed);
}

async function checkAnswers(peer, { expected, asked }) {
  const done = () =>
    (count(peer, Type.END_REQUEST) === expected.size &&
      count(peer, Type.GET_VALUES_RESULT) === asked) ||
    isGivenUp();
  // Whoever aborts a request may find that it was answered, and the connection closed: what was to come is lost then.
  const isGivenUp = () =>
    peer.socket.destroyed && asked === 0 && [...expected.values()].every(({ aborted }) => aborted);
  await within('the answers of a valid exchange', peer.until(done));
  for (const [id, { aborted, text }] of isGivenUp() ? [] : expected) {
    const own = peer.records.filter((record) => record.id === id);
    assert.equal(own.at(-1).type, Type.END_REQUEST);
    if (aborted) continue;
    const stdout = own.filter(({ type }) => type === Type.STDOUT).map(({ content }) => content);
    const response = Buffer.concat(stdout).toString('latin1');
    const [head, body] = split(response);
    assert.match(head, /^Status: 200 OK\r\n/);
    assert.equal(body, text);
    assert.deepEqual(own.at(-1).content, Buffer.alloc(8));
  }
}

function count(peer, type) {
  return peer.records.filter((record) => record.type === type).length;
}

function split(response) {
  const at = response.indexOf('\r\n\r\n');
  return [response.slice(0, at), response.slice(at + 4)];
}

function checkSent(records) {
  for (const { type, content } of records) {
    assert.ok(sendable.has(type), `The application sent a record of type ${type}`);
    if (type === Type.END_REQUEST || type === Type.UNKNOWN_TYPE) assert.equal(content.length, 8);
  }
}

/** A request on a connection of its own, which no other may have harmed. */
async function checkWitness(path, seed) {
  const url = `/?witness=${seed}`;
  const variables = encodePairs([
    ['REQUEST_METHOD', 'GET'],
    ['REQUEST_URI', url],
  ]);
  const peer = await Peer.connect(path);
  const records = [
    { type: Type.BEGIN_REQUEST, id: 1, content: Buffer.of(0, 1, 0, 0, 0, 0, 0, 0) },
    { type: Type.PARAMS, id: 1, content: variables },
    { type: Type.PARAMS, id: 1 },
    { type: Type.STDIN, id: 1 },
  ];
  await peer.send(Buffer.concat(records.map(encode)));
  const expected = new Map([[1, { aborted: false, text: answerText('GET', url, '', '') }]]);
  await checkAnswers(peer, { expected, asked: 0 });
  await within('the end of the connection', peer.closed);
}

/** The web server's end of a connection. */
class Peer {
  records = [];
  #rest = Buffer.alloc(0);
  #check = () => {};

  constructor(socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.on('close', () => this.#check());
    socket.on('data', (chunk) => this.#take(chunk));
  }

  static async connect(path) {
    const socket = net.connect(path);
    await once(socket, 'connect');
    return new Peer(socket);
  }

  /** Sends a chunk, and lets the other side read it. */
  async send(chunk) {
    if (this.socket.writable) this.socket.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }

  until(condition) {
    return new Promise((resolve, reject) => {
      this.#check = () => {
        if (condition()) resolve();
        else if (this.socket.destroyed) reject(new Error('The connection was closed too early'));
      };
      this.#check();
    });
  }

  #take(chunk) {
    const { records, rest } = decode(Buffer.concat([this.#rest, chunk]));
    this.records.push(...records);
    this.#rest = rest;
    this.#check();
  }
}

async function within(what, promise) {
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Waited ${DEADLINE_MS} ms for ${what}`)),
      DEADLINE_MS,
    );
  });
  try {
    await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
