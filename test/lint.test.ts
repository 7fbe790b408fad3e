import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = resolve(__dirname, '..');

/** The layers; each imports only from those before it. */
const LAYERS = [
  'protocol',
  'cgi',
  'http',
  'handler',
  'server',
  'program',
  'client',
  'gateway',
  'accel',
  'cli',
] as const;
type Layer = (typeof LAYERS)[number];

/** Layers that a layer must not know though they stand before it. */
const UNKNOWN: { readonly [Of in Layer]?: readonly Layer[] } = {
  cgi: ['protocol'],
  handler: ['protocol'],
  client: ['http', 'handler', 'server', 'program'],
  gateway: ['program'],
  accel: ['protocol', 'cgi', 'http', 'handler', 'server', 'program', 'client', 'gateway'],
};

/** The rule of the layers, and the one that lets Node's modules be named in one way only. */
const RULES = new Set(['lint/style/noRestrictedImports', 'lint/style/useNodejsImportProtocol']);

/** A line of code in a layer, and whether it is refused. */
interface Case {
  readonly layer: Layer;
  readonly code: string;
}

const importOf = (from: Layer, to: Layer): Case => ({
  layer: from,
  code: `import { x } from '../${to}/y.ts';\nx();\n`,
});

const mayKnow = (from: Layer, to: Layer): boolean =>
  LAYERS.indexOf(to) < LAYERS.indexOf(from) && !UNKNOWN[from]?.includes(to);

const pairs = LAYERS.flatMap((from) => LAYERS.map((to) => [from, to] as const)).filter(
  ([from, to]) => from !== to,
);

const refused: Case[] = [
  ...pairs.filter(([from, to]) => !mayKnow(from, to)).map(([from, to]) => importOf(from, to)),
  ...LAYERS.filter((layer) => layer !== 'cli').map((layer) => ({
    layer,
    code: "import { x } from '../index.ts';\nx();\n",
  })),
  // The bottom layers know no sockets, however Node's module is named or loaded.
  { layer: 'protocol', code: "import net from 'node:net';\nnet.connect(1);\n" },
  { layer: 'protocol', code: "import { Socket } from 'node:net';\nnew Socket();\n" },
  { layer: 'protocol', code: "import type { Socket } from 'node:net';\nexport type X = Socket;\n" },
  { layer: 'protocol', code: "import net from 'net';\nnet.connect(1);\n" },
  { layer: 'protocol', code: "export { connect } from 'node:net';\n" },
  { layer: 'protocol', code: "export const net = import('node:net');\n" },
  { layer: 'protocol', code: "import http from 'node:http';\nhttp.get('');\n" },
  { layer: 'cgi', code: "import net from 'node:net';\nnet.connect(1);\n" },
  { layer: 'handler', code: "import net from 'node:net';\nnet.connect(1);\n" },
  // Other ways of saying it.
  { layer: 'protocol', code: "export { x } from '../server/y.ts';\n" },
  { layer: 'protocol', code: "import type { X } from '../http/y.ts';\nexport type Y = X;\n" },
  { layer: 'cgi', code: "export const x = import('../server/y.ts');\n" },
];

const allowed: Case[] = [
  ...pairs.filter(([from, to]) => mayKnow(from, to)).map(([from, to]) => importOf(from, to)),
  ...LAYERS.flatMap((layer) => [
    { layer, code: "import { x } from './y.ts';\nx();\n" },
    { layer, code: "import { FcgiError } from '../errors.ts';\nthrow new FcgiError();\n" },
  ]),
  { layer: 'server', code: "import net from 'node:net';\nnet.connect(1);\n" },
  { layer: 'http', code: "import { IncomingMessage } from 'node:http';\nnew IncomingMessage();\n" },
];

let folder: string;
/** Files, relative to the folder, in which the layers' rule was broken. */
let complaints: Set<string>;

const fileOf = ({ layer }: Case, kind: string, i: number) => join('src', layer, `${kind}-${i}.ts`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-lint-'));
  for (const name of ['biome.json', '.gitignore']) {
    cpSync(join(repository, name), join(folder, name));
  }
  const files = [
    ...refused.map((one, i) => [fileOf(one, 'refused', i), one.code] as const),
    ...allowed.map((one, i) => [fileOf(one, 'allowed', i), one.code] as const),
  ];
  for (const [file, code] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  complaints = await restrictedImports();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function restrictedImports(): Promise<Set<string>> {
  const biome = join(repository, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024 };
  // Exit status 1 says that there were complaints.
  const { stdout } = await run(process.execPath, args, options).catch((error) => error);
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: {
      category: string;
      severity: string;
      location: { path: string | { file: string } };
    }[];
  };
  return new Set(
    diagnostics
      .filter(({ category }) => RULES.has(category))
      .filter(({ severity }) => severity === 'error')
      .map(({ location: { path } }) => (typeof path === 'string' ? path : path.file))
      .map((path) => path.replace(/^\.[\\/]/, '').replaceAll('\\', '/')),
  );
}

test.each(refused.map((one, i) => ({ ...one, i })))('src/$layer is refused: $code', (one) => {
  expect([...complaints]).toContain(fileOf(one, 'refused', one.i));
});

test.each(allowed.map((one, i) => ({ ...one, i })))('src/$layer is allowed: $code', (one) => {
  expect([...complaints]).not.toContain(fileOf(one, 'allowed', one.i));
});

test('there is no folder in src that is no layer', () => {
  const folders = readdirSync(join(repository, 'src'), { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(names.filter((name) => !(LAYERS as readonly string[]).includes(name))).toEqual([]);
});
