import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../src/cli/commands.ts';
import { optionsOf } from '../../src/cli/parse.ts';
import { describeWith } from '../frontends/support/requirement.ts';
import { fcgi } from './support/command.ts';
import { runHere } from './support/host.ts';

const BASH = { path: '/bin/bash', package: 'bash' };
const ZSH = { path: '/usr/bin/zsh', package: 'zsh' };

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fcgi-completion-'));
  for (const shell of ['bash', 'zsh']) {
    const { stdout } = await runHere(['completion', shell]);
    writeFileSync(join(folder, shell), stdout);
  }
  writeFileSync(join(folder, 'app.js'), '');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the built command prints the same scripts', async () => {
  for (const shell of ['bash', 'zsh']) {
    const { stdout } = await fcgi(['completion', shell]);
    expect(stdout).toBe(readFileSync(join(folder, shell), 'latin1'));
  }
});

const names = commands.map(({ name }) => name);

describeWith('bash', [BASH], () => {
  /** What is offered for the last of the words. */
  function offered(...words: string[]): string[] {
    const program = `
      source ./bash
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      compopt() { :; }
      _fcgi
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync(BASH.path, ['-c', program, 'bash', ...words], {
      cwd: folder,
    });
    expect(stderr.toString()).toBe('');
    return stdout.toString().split('\n').filter(Boolean);
  }

  test('offers the commands', () => {
    expect(offered('fcgi', '')).toEqual([...names, 'help']);
    expect(offered('fcgi', 'ge')).toEqual(['get']);
    expect(offered('fcgi', 'help', 'p')).toEqual(['ping']);
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    'offers the options of %s',
    (name, command) => {
      const long = Object.keys(optionsOf(command)).map((option) => `--${option}`);
      expect(offered('fcgi', name, '--').sort()).toEqual(long.sort());
    },
  );

  test('offers files, folders and words where they are wanted', () => {
    expect(offered('fcgi', 'serve', 'ap')).toEqual(['app.js']);
    expect(offered('fcgi', 'get', ':9', '/', '--root', 'ap')).toEqual([]);
    expect(offered('fcgi', 'get', ':9', '/', '-o', 'ap')).toEqual(['app.js']);
    expect(offered('fcgi', 'get', ':9', '/', '--role', 'a')).toEqual(['authorizer']);
    expect(offered('fcgi', 'get', ':9', '/', '-m', '')).toEqual([]);
    expect(offered('fcgi', 'completion', '')).toEqual(['bash', 'zsh']);
    expect(offered('fcgi', 'config', 'ng')).toEqual(['nginx']);
  });
});

describeWith('zsh', [ZSH], () => {
  /** What the completion system is asked to offer for the last of the words. */
  function asked(...words: string[]): string {
    const program = `
      functions[_fcgi_loaded]=1
      compdef() { :; }
      source ./zsh
      _describe() { local group=$2; print -rl -- "\${(@P)group}"; }
      _arguments() { print -rl -- "$@"; }
      words=("$@") CURRENT=$#
      _fcgi`;
    const { stdout, stderr } = spawnSync(ZSH.path, ['-f', '-c', program, 'zsh', ...words], {
      cwd: folder,
    });
    expect(stderr.toString()).toBe('');
    return stdout.toString();
  }

  test('offers the commands with what they do', () => {
    const lines = asked('fcgi', '').trimEnd().split('\n');
    expect(lines).toEqual([
      ...commands.map(({ name, summary }) => `${name}:${summary}`),
      'help:Show the help of a command.',
    ]);
    expect(asked('fcgi', 'help', '')).toBe(`${lines.join('\n')}\n`);
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    'offers the options of %s',
    (name, command) => {
      const specs = asked('fcgi', name, '');
      for (const [option, { short }] of Object.entries(optionsOf(command))) {
        expect(specs).toMatch(new RegExp(`^\\S*( --${option}\\))?--${option}\\[`, 'm'));
        if (short) expect(specs).toMatch(new RegExp(`^\\S*( --${option}\\))?-${short}\\[`, 'm'));
      }
    },
  );

  test('gives the completion system specifications that it takes', () => {
    // A shell on a terminal of its own, with the real _arguments.
    const program = `
      autoload -Uz compinit && compinit -D -u
      source ./zsh
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z "PS1='> '; autoload -Uz compinit; compinit -D -u; source ./zsh"
      zpty -w z $'fcgi get --ro\\t\\t'
      zpty -r z out '*--root*' && print -r -- "$out"`;
    const { stdout } = spawnSync(ZSH.path, ['-f', '-c', program], { cwd: folder, timeout: 30_000 });
    expect(stdout.toString()).toContain('--root');
  });
});
