// An application that serves whichever way it is started.
import { serve } from '../../../dist/index.js';
import createListener from '../../frontends/support/app/plain.mjs';

serve(createListener());
