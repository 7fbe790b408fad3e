import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../deploy/mod_fcgid');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

test.each(['app.fcgi', 'sub-folder/app.fcgi'])('%s is executable, with Unix line ends', (name) => {
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o755);
  expect(read(name)).toMatch(/^#!\/bin\/sh\n/);
  expect(read(name)).not.toContain('\r');
  execFileSync('/bin/sh', ['-n', join(folder, name)]);
});

test('the variant for a sub-folder differs in the application’s folder alone', () => {
  expect(read('sub-folder/app.fcgi')).toBe(
    read('app.fcgi').replace('APP_FOLDER=../app\n', 'APP_FOLDER=../../app\n'),
  );
  const rules = (name: string) => read(name).replace(/^(#.*\n)+/, '');
  expect(rules('sub-folder/.htaccess')).toBe(rules('.htaccess'));
});

test('the version that app.fcgi asks for is the package’s', () => {
  const { engines } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8'));
  const [major, minor] = ['MAJOR', 'MINOR'].map(
    (part) => new RegExp(`^MIN_${part}=(\\d+)$`, 'm').exec(read('app.fcgi'))?.[1],
  );
  expect(engines.node).toBe(`>=${major}.${minor}`);
});
