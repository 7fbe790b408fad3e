import express from 'express';
import { app, casesFor, get } from './express.ts';
import { requests } from './express-requests.ts';
import { responses } from './express-responses.ts';
import { runTable } from './run-table.ts';

const own = [
  app(
    'a rejected handler is an error',
    (app) => {
      app.get('/', async () => {
        throw Object.assign(new Error('rejected'), { status: 409, stack: 'stack' });
      });
    },
    get('/'),
  ),
];

runTable(casesFor(express, [...responses, ...requests, ...own]));
