import { Program as Code } from '../support/program.ts';
import { counterpartBehaviours } from './behaviours/counterparts.ts';
import { type StartCounterpart, useCounterpart } from './support/counterpart.ts';
import { RunningProcess } from './support/process.ts';

const APPLICATION = `
  const application = (req, res) => {
    if (req.url === '/echo') req.pipe(res);
    else res.writeHead(413, { 'X-Twice': ['1', '2'] }).end('too large');
  };
  fcgi.createServer(application).listen(process.argv[1]);
`;

/** The built package in a process of its own. */
const startOurselves: StartCounterpart = (socket) => {
  const args = ['--input-type=module', '-e', Code.code(APPLICATION), socket];
  return new RunningProcess(process.execPath, args);
};

describe('the client with a server of this library', () => {
  counterpartBehaviours(useCounterpart(startOurselves));
});
