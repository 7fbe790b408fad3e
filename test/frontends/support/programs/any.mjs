// One file for every way to be started: FastCGI, plain CGI or HTTP.
import { text } from 'node:stream/consumers';
import { serve } from '../../../../dist/index.js';
import { upload } from '../app/transfers.mjs';

async function app(req, res) {
  if (req.method === 'PUT') return upload(req, res);
  const body = await text(req);
  res.writeHead(201, { 'Content-Type': 'application/json', 'X-Answer': ['one', 'two'] });
  const { method, url, headers } = req;
  res.end(JSON.stringify({ method, url, tag: headers['x-tag'], body }));
}

serve(app, { base: 'auto' });
