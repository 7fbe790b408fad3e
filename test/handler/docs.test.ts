import { testExamples } from '../support/page-examples.ts';

testExamples('docs/handler.md');
