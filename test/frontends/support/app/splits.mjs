import express from 'express';
import { Handler } from '../../../../dist/index.js';

/** Ways to send what a client chose, each given a value that holds more than it should. */
export const splits = {
  'res.setHeader()': (res, value) => res.setHeader('X-Name', value),
  'res.setHeader() with a list': (res, value) => res.setHeader('Set-Cookie', ['a=1', value]),
  'res.setHeader(), as the name': (res, value) => res.setHeader(value, 'x'),
  'res.setHeaders()': (res, value) => res.setHeaders(new Map([['X-Name', value]])),
  'res.appendHeader()': (res, value) => res.appendHeader('X-Name', value),
  'res.writeHead()': (res, value) => res.writeHead(200, { 'X-Name': value }),
  'res.writeHead() with a list': (res, value) => res.writeHead(200, ['X-Name', value]),
  'res.writeHead(), as the reason': (res, value) => res.writeHead(200, value),
  'res.statusMessage': (res, value) => {
    res.statusMessage = value;
    res.writeHead(200);
  },
  'res.addTrailers()': (res, value) => res.addTrailers({ 'X-Name': value }),
  'res.writeEarlyHints()': (res, value) => res.writeEarlyHints({ link: '</a>', 'X-Name': value }),
  'Variable-NAME': (res, value) => res.setHeader('Variable-NAME', value),
  "Express' res.set()": inExpress((res, value) => res.set('X-Name', value)),
  "Express' res.append()": inExpress((res, value) => res.append('X-Name', value)),
  "Express' res.attachment()": inExpress((res, value) => res.attachment(value)),
  "Express' res.links()": inExpress((res, value) => res.links({ next: value })),
  "Express' res.vary()": inExpress((res, value) => res.vary(value)),
  "Express' res.redirect()": inExpress((res, value) => res.redirect(200, value)),
  "Express' res.location()": inExpress((res, value) => res.location(value)),
  "Express' res.cookie()": inExpress((res, value) => res.cookie('name', value)),
  "Express' res.type()": inExpress((res, value) => res.type(`text/${value}`)),
  'sendResponse(), in a header': inHandler((it, value) =>
    it.sendResponse(200, 'text/plain', 'sent', { 'X-Name': value }),
  ),
  'sendResponse(), as the type': inHandler((it, value) => it.sendResponse(200, value, 'sent')),
  'sendRedirect()': inHandler((it, value) => it.sendRedirect(value, 303)),
};

function inExpress(attempt) {
  return (res, value) =>
    new Promise((resolve, reject) => {
      const app = express();
      app.use((_req, ownRes) => {
        try {
          resolve(void attempt(ownRes, value));
        } catch (error) {
          reject(error);
        }
      });
      app(res.req, res);
    });
}

function inHandler(attempt) {
  return (res, value) => attempt(new Handler(res.req, res), value);
}
