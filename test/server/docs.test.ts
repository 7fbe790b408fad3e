import { testExamples } from '../support/page-examples.ts';

testExamples('docs/protocol.md');
