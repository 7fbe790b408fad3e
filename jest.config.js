const common = {
  testEnvironment: 'node',
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  extensionsToTreatAsEsm: [],
};

/** `unit` needs only Node; `integration` starts web servers, browsers and npm, and takes longer. */
export default {
  testTimeout: 60_000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts'],
  coverageReporters: ['text', 'json-summary', 'html'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/test/{protocol,cgi,http,server,client,gateway}/**/*.test.ts',
        '<rootDir>/test/*.test.ts',
      ],
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/{frontends,package,demo-app}/**/*.test.ts'],
    },
  ],
};
