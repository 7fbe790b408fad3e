import { bodyRules, streamedBodyRules } from '../behaviours/bodies.ts';
import { lifeCycleRules } from '../behaviours/life-cycle.ts';
import { requestRules, secureRequestRules } from '../behaviours/requests.ts';
import { responseRules } from '../behaviours/responses.ts';
import { streamedUploadRules, streamingRules } from '../behaviours/streaming.ts';
import type { StartFrontEnd, StartWithCopies } from '../support/front-end.ts';
import { describeWith, type Program } from '../support/requirement.ts';
import { type Mode, type Rule, Site, useSiteOf } from '../support/site.ts';

/** What a web server does in place of a behaviour. */
export interface Otherwise {
  /** The reason, for the docs: what the web server does, and what a person can do. */
  readonly why: string;
  /** Shows that it does so. */
  readonly instead: (site: Site) => Promise<void>;
}

/** A web server: a column of the table in docs/web-servers.md. */
export type Column = ConnectingColumn | StartingColumn;

interface AnyColumn {
  readonly server: string;
  readonly programs: readonly Program[];
  /** By the title of the behaviour. */
  readonly otherwise: Readonly<Record<string, Otherwise>>;
  /** What a behaviour needs beside the file, by its title. */
  readonly provided?: Readonly<Record<string, string>>;
}

/** A web server that connects to an application that runs. */
export interface ConnectingColumn extends AnyColumn {
  /** The files of deploy/ that are tested, by which way to the application they are for. */
  readonly files: readonly { readonly file: string; readonly mode: Mode }[];
  readonly start: StartFrontEnd;
}

/** A web server that starts the application. */
export interface StartingColumn extends AnyColumn {
  /** The files of deploy/ that are tested, all at once. */
  readonly files: readonly { readonly file: string }[];
  readonly startWithCopies: StartWithCopies;
}

/** What the tests showed of a web server. */
export interface Findings {
  /** The titles of all behaviours, in their order. */
  readonly registered: string[];
  /** Those that were with each file as the column says. */
  readonly passed: Set<string>;
}

/** Registers the tests of all behaviours for each file of a web server, and collects what they show. */
export function testColumn(column: Column): Findings {
  const findings: Findings = { registered: [], passed: new Set() };
  const failed = new Set<string>();
  for (const { files, start } of sitesOf(column)) {
    describeWith(`${column.server}, ${files}`, column.programs, () => {
      const test = useSiteOf(start);
      everyRule((title, body) => {
        const other = column.otherwise[title];
        if (!findings.registered.includes(title)) findings.registered.push(title);
        test(other ? `does otherwise: ${title}` : title, async (site) => {
          try {
            await (other?.instead ?? body)(site);
          } catch (error) {
            failed.add(title);
            findings.passed.delete(title);
            throw error;
          }
          if (!failed.has(title)) findings.passed.add(title);
        });
      });
      refuseUnknown(column, findings.registered);
    });
  }
  return findings;
}

interface SiteOfColumn {
  /** The files of deploy/ that it is set up with. */
  readonly files: string;
  readonly start: () => Promise<Site>;
}

function sitesOf(column: Column): SiteOfColumn[] {
  if ('startWithCopies' in column) {
    const files = column.files.map(({ file }) => `deploy/${file}`).join(' and ');
    return [{ files, start: () => Site.startWithCopies(column.startWithCopies) }];
  }
  return column.files.map(({ file, mode }) => ({
    files: `deploy/${file}`,
    start: () => Site.start(column.start, 'express', mode),
  }));
}

function refuseUnknown({ server, otherwise, provided }: Column, known: readonly string[]): void {
  const titles = Object.keys({ ...otherwise, ...provided });
  const unknown = titles.filter((title) => !known.includes(title));
  if (unknown.length > 0)
    throw new Error(`${server}: no behaviour is called ${unknown.join(', ')}`);
}

/** All behaviours, in the order of the table. */
function everyRule(rule: Rule): void {
  requestRules(rule);
  secureRequestRules(rule);
  responseRules(rule);
  bodyRules(rule);
  streamedBodyRules(rule);
  streamingRules(rule);
  streamedUploadRules(rule);
  lifeCycleRules(rule);
}
