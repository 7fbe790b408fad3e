import { once } from 'node:events';
import { createServer } from 'node:net';
import { Application } from './application.ts';

/** Three applications on different addresses of this machine, on one port, as on three machines. */
export class Backends {
  readonly applications: readonly Application[];
  readonly port: number;

  private constructor(applications: readonly Application[], port: number) {
    this.applications = applications;
    this.port = port;
  }

  static async start(): Promise<Backends> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const started: Application[] = [];
      try {
        for (const host of HOSTS) {
          const listen = { port, host };
          started.push(await Application.start({ application: 'plain', listen, drains: true }));
        }
        return new Backends(started, port);
      } catch (error) {
        for (const one of started) await one.stop();
        if (attempt === 5) throw error;
      }
    }
  }

  /** The one that has a request, once one of them has. */
  async with(id: string): Promise<Application> {
    const arrivals = this.applications.map(async (one) => {
      await one.noted('arrived', id);
      return one;
    });
    return Promise.any(arrivals);
  }

  async stop(): Promise<void> {
    for (const one of this.applications) await one.stop('SIGKILL');
  }
}

/** Loopback has these addresses on Linux, and so has deploy/. */
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
