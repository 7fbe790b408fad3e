import { fcgi } from './backends/fcgi.js';
import { go } from './backends/go.js';
import { http } from './backends/http.js';
import { libfcgi } from './backends/libfcgi.js';
import { nodeFastcgi } from './backends/node-fastcgi.js';
import { phpFpm } from './backends/php-fpm.js';

/**
 * All backends; the ratios are to the first.
 *
 * @param {string} dist the build of this package
 * @returns {readonly import('./backend.js').Backend[]}
 */
export function backends(dist) {
  return [http, fcgi('fcgi', dist), nodeFastcgi, go, phpFpm, libfcgi];
}
