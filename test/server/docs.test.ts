import { testExamples } from '../support/page-examples.ts';

testExamples('docs/protocol.md');
testExamples('docs/limits.md');
testExamples('docs/observability.md');
