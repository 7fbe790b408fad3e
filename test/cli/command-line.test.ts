import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../../src/cli/commands.ts';
import { optionsOf, parse } from '../../src/cli/parse.ts';
import { fcgi } from './support/command.ts';
import { CommandProcess, runHere } from './support/host.ts';

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));

test.each([['--help'], ['-h'], ['help']])('%s lists every command', async (argument) => {
  const { code, stdout, stderr } = await runHere([argument]);
  expect([code, stderr]).toEqual([0, '']);
  for (const { name, summary } of commands)
    expect(stdout).toContain(`\n  ${name.padEnd(10)}  ${summary}\n`);
});

test.each(['--version', '-V'])('%s prints the version of the package', async (argument) => {
  expect(await runHere([argument])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe.each(commands.map((command) => [command.name, command] as const))(
  '%s',
  (name, command) => {
    test('has a help with each argument, option and example, the same by three ways', async () => {
      const { stdout } = await runHere(['help', name]);
      for (const { name: argument } of command.arguments)
        expect(stdout).toMatch(new RegExp(`^  ${argument} `, 'm'));
      for (const [option, { short }] of Object.entries(optionsOf(command))) {
        expect(stdout).toContain(`${short ? `-${short}, ` : '    '}--${option}`);
      }
      for (const [what, line] of command.examples)
        expect(stdout).toContain(`  # ${what}\n  ${line}\n`);
      expect(await runHere([name, '--help'])).toEqual({ code: 0, stdout, stderr: '' });
      expect(await runHere([name, '-h'])).toEqual({ code: 0, stdout, stderr: '' });
    });

    test('has a help that fits a terminal of 80 columns, but for its examples', async () => {
      const { stdout } = await runHere(['help', name]);
      const lines = (stdout.split('\nExamples:')[0] as string).split('\n');
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    });

    test('uses no letter and no name for two options', () => {
      const letters = Object.values(optionsOf(command)).flatMap(({ short }) => short ?? []);
      expect(new Set(letters).size).toBe(letters.length);
    });

    test('takes its own examples', () => {
      for (const [, line] of command.examples) {
        const words = wordsOf(line.replace(/^source <\((.*)\)$/, '$1'));
        expect(words.slice(0, 2)).toEqual(['fcgi', name]);
        expect(() => parse(command, words.slice(2))).not.toThrow();
      }
    });
  },
);

/** The words of a line for a shell, which has no other quotes than ' and ". */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? (match[3] as string),
  );
}

test('the built command prints the same help', async () => {
  const here = await runHere(['help', 'get']);
  expect(await fcgi(['help', 'get'])).toEqual(here);
});

describe('a wrong command line is a line on the standard error and exit code 2:', () => {
  test.each([
    [[], 'A command is missing (fcgi help tells more)'],
    [['serv'], "There is no command 'serv' (fcgi help tells more)"],
    [['help', 'serv'], "There is no command 'serv' (fcgi help tells more)"],
    [['get'], '<target> is missing (fcgi help get tells more)'],
    [['get', '/run/app.sock'], '<path> is missing (fcgi help get tells more)'],
    [['get', ':9', '/', 'more'], "Unexpected argument 'more' (fcgi help get tells more)"],
    [['get', ':9', '/', '--colour'], "Unknown option '--colour' (fcgi help get tells more)"],
    [
      ['get', 'app', '/'],
      "'app' is no address of an application, as /run/app.sock or 127.0.0.1:9000 (fcgi help get tells more)",
    ],
    [
      ['get', ':9', 'index'],
      "'index' is no path: it begins with / or http:// (fcgi help get tells more)",
    ],
    [
      ['get', ':9', '/', '-H', 'no header'],
      "-H 'no header' is no header, as 'Accept: text/html' (fcgi help get tells more)",
    ],
    [
      ['get', ':9', '/', '-p', '=1'],
      "-p '=1' is no variable, as 'HTTPS=on' (fcgi help get tells more)",
    ],
    [
      ['get', ':9', '/', '--role', 'actor'],
      '--role actor is none of responder, authorizer, filter (fcgi help get tells more)',
    ],
    [
      ['get', ':9', '/', '-m', '1s'],
      "--timeout is '1s', not a number of 0 or more (fcgi help get tells more)",
    ],
    [
      ['get', ':9', '/', '-d', '@a', '-d', 'b'],
      '-d @file stands alone: a file is a whole body (fcgi help get tells more)',
    ],
    [
      ['gateway', ':9', '--port', 'http'],
      '--port http is no port, and no host:port (fcgi help gateway tells more)',
    ],
    [
      ['gateway', ':9', '--fallback', '/index.php'],
      '--fallback needs --root (fcgi help gateway tells more)',
    ],
    [
      ['completion', 'fish'],
      "There is no completion for 'fish', only bash and zsh (fcgi help completion tells more)",
    ],
  ])('%j', async (argv, message) => {
    expect(await runHere(argv)).toEqual({ code: 2, stdout: '', stderr: `fcgi: ${message}\n` });
  });

  test('also of the built command', async () => {
    const stderr = "fcgi: Unknown option '--port' (fcgi help ping tells more)\n";
    expect(await fcgi(['ping', ':9', '--port', '1'])).toEqual({ code: 2, stdout: '', stderr });
  });
});

describe('colors', () => {
  const csi = '\x1b[';

  test('are for a terminal', async () => {
    const { stdout } = await runHere(['help'], new CommandProcess().onTerminal('stdout'));
    expect(stdout).toContain(`${csi}1mUsage:${csi}0m`);
    const { stderr } = await runHere(['nothing'], new CommandProcess().onTerminal('stderr'));
    expect(stderr).toContain(`${csi}31mfcgi:${csi}0m`);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('are not for one with %j', async (env) => {
    const terminal = new CommandProcess().onTerminal('stdout');
    terminal.env = env;
    expect((await runHere(['help'], terminal)).stdout).not.toContain(csi);
  });

  test('are for nothing else', async () => {
    const { stdout } = await runHere(['help']);
    expect(stdout).not.toContain(csi);
    expect((await fcgi(['nothing'])).stderr).not.toContain(csi);
  });
});

test('--verbose shows the stack trace of an error', async () => {
  const { stderr } = await runHere(['get', 'app', '/', '--verbose']);
  expect(stderr).toMatch(/^fcgi: 'app' is no address[^\n]*\n(UsageError|Error)?[\s\S]*\n {4}at /);
});
