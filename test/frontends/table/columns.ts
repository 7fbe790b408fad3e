import type { Column } from './column.ts';
import { apache } from './columns/apache.ts';
import { caddy } from './columns/caddy.ts';
import { h2o } from './columns/h2o.ts';
import { haproxy } from './columns/haproxy.ts';
import { lighttpd } from './columns/lighttpd.ts';
import { modFcgid } from './columns/mod-fcgid.ts';
import { nginx } from './columns/nginx.ts';

/** The web servers, in the order of the table. */
export const COLUMNS: readonly Column[] = [nginx, apache, modFcgid, lighttpd, caddy, haproxy, h2o];
