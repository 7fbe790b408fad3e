import express4 from 'express4';
import { casesFor } from './express.ts';
import { requests } from './express-requests.ts';
import { responses } from './express-responses.ts';
import { runTable } from './run-table.ts';

runTable(casesFor(express4, [...responses, ...requests]));
