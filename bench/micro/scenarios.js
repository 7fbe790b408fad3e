import { adapterScenarios } from './scenarios/adapter.js';
import { codecScenarios } from './scenarios/codec.js';

/** All scenarios, in the order of the table. */
export const scenarios = [...adapterScenarios, ...codecScenarios];
