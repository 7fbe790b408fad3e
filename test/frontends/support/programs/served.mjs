// What deploy/systemd/app.service starts: a program whose last line is serve().
import { serve } from '../../../../dist/index.js';
import createListener from '../app/plain.mjs';

serve(createListener());
