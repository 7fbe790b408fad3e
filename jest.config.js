const common = {
  testEnvironment: 'node',
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      },
    ],
  },
};

const enough = { lines: 95, branches: 95 };

/** `unit` needs only Node; `integration` starts web servers, browsers and npm, and takes longer. */
export default {
  // Waits have deadlines of their own, which name what did not come; this one only ends what has none.
  testTimeout: 90_000,
  // By itself jest leaves a core free, which on two cores is half of the machine.
  maxWorkers: 2,
  coverageProvider: 'v8',
  coverageReporters: ['text', 'html'],
  // Files that hold types alone are never loaded.
  collectCoverageFrom: [
    'src/**/*.ts',
    '!src/http/exchange.ts',
    '!src/server/server-events.ts',
    '!src/client/request-options.ts',
    '!src/gateway/gateway-events.ts',
    '!src/cli/command.ts',
    // The first lines of processes, which tests run as such.
    '!src/cli/main.ts',
    '!src/cli/watch/watched-main.ts',
  ],
  coverageThreshold: {
    'src/protocol/': enough,
    'src/cgi/': enough,
    'src/http/': enough,
    'src/handler/': enough,
    'src/server/': enough,
    'src/program/': enough,
    'src/client/': enough,
    'src/gateway/': enough,
    'src/accel/': enough,
    'src/cli/': enough,
  },
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/test/{protocol,cgi,http,handler,server,program,client,gateway,accel,cli,fuzz}/**/*.test.ts',
        '<rootDir>/test/*.test.ts',
      ],
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/test/{frontends,package,demo-app,reliability,attacks,bench}/**/*.test.ts',
      ],
    },
  ],
};
