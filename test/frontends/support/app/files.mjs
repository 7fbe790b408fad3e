import { join } from 'node:path';
import express from 'express';
import express4 from 'express4';
import { accel } from '../../../../dist/index.js';
import { note } from './control.mjs';

/** An application that sends files, of which the web server sends those of one folder. */
export default ({ folder, header, version }) => {
  const app = version === 4 ? express4() : express();
  app.use(accel({ [join(folder, 'files')]: '/protected' }, { header }));
  app.use((req, res, next) => {
    res.set('X-Content-Type-Options', 'nosniff');
    res.on('finish', () => {
      const header = res.get('X-Accel-Redirect') ?? res.get('X-Sendfile');
      note('sent', req.query.id, { offloaded: header !== undefined, status: res.statusCode });
    });
    next();
  });
  app.get('/send', (req, res, next) => {
    const { id, name } = req.query;
    res.cookie('seen', id);
    res.sendFile(name, { root: join(folder, 'files'), maxAge: 60_000 }, (error) => {
      note('called back', id, error?.code ?? error?.message);
      if (error) next(error);
    });
  });
  app.get('/download', (req, res) => {
    res.download(join(folder, 'files', req.query.name), 'report.txt');
  });
  app.get('/elsewhere', (_req, res) => res.sendFile(join(folder, 'secret.txt')));
  app.get('/missing', (_req, res) => res.status(404).sendFile(join(folder, 'files', 'page.txt')));
  app.post('/send', (_req, res) => res.sendFile(join(folder, 'files', 'page.txt')));
  return app;
};
