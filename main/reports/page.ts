import { createHash } from 'node:crypto';
import type { Heading, ReportContext } from './context.ts';
import { scriptElement } from './island.ts';
import type { ReportData } from './report-data.ts';
import { formatBytes, formatCount, formatTime } from './viewer/format.ts';
import { html, Markup, type Fragment } from './viewer/html.ts';
import { viewerScript, viewerStyle } from './viewer-script.ts';

/**
 * Nothing is fetched, nothing runs but the one script and the one style sheet of this file, named
 * by their hashes. Text that found its way past the escaping would still be dead.
 */
function contentPolicy(script: string, style: string): string {
  const hash = (text: string): string =>
    `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

export interface PageParts {
  /** Sections and appendix. */
  readonly body: readonly Markup[];
  /** Elements with the embedded data. */
  readonly islands: readonly Markup[];
  readonly data: DataSummary;
}

interface DataSummary {
  readonly bytes: number;
  readonly sha256: string;
}

/** The whole document. */
export function renderPage(report: ReportData, context: ReportContext, parts: PageParts): Markup {
  const style = viewerStyle();
  const script = viewerScript();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy(script, style)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="Assay ${report.version}" />
        <title>${report.title}</title>
        ${new Markup(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#contents">Skip to the contents</a>
        ${masthead(report, context, parts.data)}
        <div class="page">
          ${tableOfContents(context.headings)}
          <main id="contents">${parts.body}</main>
        </div>
        <footer>Written by Assay ${report.version}. This file makes no network request.</footer>
        ${parts.islands}${scriptElement(html``, script)}
      </body>
    </html> `;
}

function masthead(report: ReportData, context: ReportContext, data: DataSummary): Markup {
  return html`<header class="masthead">
    <p class="kind">Report <span>${report.project}</span></p>
    <h1>${report.title}</h1>
    ${facts(report, context, data)}
  </header>`;
}

function facts(report: ReportData, context: ReportContext, data: DataSummary): Markup {
  const time = html`<time datetime="${new Date(report.createdAt).toISOString()}"
    >${formatTime(report.createdAt)}</time
  >`;
  const warnings = context.warnings === 0 ? 'none' : formatCount(context.warnings, 'warning');
  const items: [string, Fragment][] = [
    ['Project', report.project],
    ['Written', time],
    ['By', `Assay ${report.version}`],
    ['Holds', contents(report)],
    ['Warnings', warnings],
    ['Data', html`${formatBytes(data.bytes)}, SHA-256 <span class="hash">${data.sha256}</span>`],
  ];
  return html`<dl class="facts">
    ${items.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl> `;
}

function contents(report: ReportData): string {
  const of = (kind: string): number =>
    report.sections.filter((section) => section.kind === kind).length;
  const runs = report.sections.reduce(
    (sum, section) =>
      section.kind === 'runs'
        ? sum + section.groups.reduce((inner, group) => inner + group.runs.length, 0)
        : sum,
    0,
  );
  const parts = [
    runs > 0 ? formatCount(runs, 'run') : '',
    of('features') > 0
      ? `features of ${formatCount(of('features'), 'dictionary', 'dictionaries')}`
      : '',
    of('study') > 0 ? formatCount(of('study'), 'study', 'studies') : '',
    of('stability') > 0 ? formatCount(of('stability'), 'stability study', 'stability studies') : '',
    of('fit') > 0 ? formatCount(of('fit'), 'fit') : '',
    of('text') > 0 ? formatCount(of('text'), 'text') : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function tableOfContents(headings: readonly Heading[]): Markup {
  return html`<nav class="contents" aria-label="Contents">
    <h2>Contents</h2>
    <ol>
      ${headings.map((heading) => html`<li><a href="#${heading.id}">${heading.title}</a></li>`)}
    </ol>
  </nav> `;
}
