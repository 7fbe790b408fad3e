import { expectTypeOf } from 'expect-type';
import express from 'express';
import * as fcgi from '../../src/index.ts';

/* Never run: `npm run types` compiles it. */

const middleware = fcgi.accel({ '/srv/app/files': '/protected' });
expectTypeOf(middleware).toEqualTypeOf<fcgi.AccelMiddleware>();
express().use(middleware);

expectTypeOf<fcgi.AccelOptions['header']>().toEqualTypeOf<fcgi.AccelHeader | 'auto' | undefined>();
fcgi.accel({}, { header: 'X-Sendfile' });
fcgi.accel({}, { header: undefined });

// @ts-expect-error folders come with their addresses
fcgi.accel(['/srv/app/files']);
// @ts-expect-error an address is a path
fcgi.accel({ '/srv/app/files': 5 });
// @ts-expect-error web servers know no such header
fcgi.accel({}, { header: 'X-Elsewhere' });

expectTypeOf<fcgi.ServeOptions['restartFile']>().toEqualTypeOf<string | undefined>();
// @ts-expect-error the file is named by its path
fcgi.serve(() => {}, { restartFile: new URL('file:///srv/app/tmp/restart.txt') });
