import { metricDefinition } from '../../../shared/domain/metrics.ts';
import type { AppendixEntry, ReportContext } from '../context.ts';
import { formatBytes } from '../viewer/format.ts';
import { html, type Markup } from '../viewer/html.ts';

/** Definitions, specs, provenance, and how to read the data that the file carries. */
export function appendix(context: ReportContext, data: { bytes: number; sha256: string }): Markup {
  context.headings.push({ id: 'appendix', title: 'Appendix' });
  return html`<section id="appendix" class="appendix">
    <h2>Appendix</h2>
    ${definitions(context)}${entries('Specs', 'The document that says all that a job does; two equal specs do the same work.', context.specs)}${entries('Provenance', 'What the results were made from, and with what.', context.provenance)}${embedded(data)}
  </section> `;
}

function definitions(context: ReportContext): Markup {
  if (context.metrics.size === 0) return html``;
  const known = new Map<string, { definition: string; unit: string | undefined }>();
  for (const name of context.metrics) {
    const { title, definition, unit } = metricDefinition(name);
    known.set(title, { definition, unit });
  }
  const items = [...known].map(
    ([title, { definition, unit }]) =>
      html`<dt>${title}${unit === undefined ? null : html` <span class="unit">${unit}</span>`}</dt>
        <dd>${definition}</dd>`,
  );
  return html`<h3 id="definitions">Definitions</h3>
    <p class="reading">
      x is the activation at the hook point, y the reconstruction, c the codes; a token is one
      position of one sequence.
    </p>
    <dl class="definitions">${items}</dl> `;
}

function entries(title: string, lead: string, items: readonly AppendixEntry[]): Markup {
  if (items.length === 0) return html``;
  return html`<h3>${title}</h3>
    <p class="reading">${lead}</p>
    ${items.map(
      (item) =>
        html`<details class="document" id="${item.id}">
          <summary>${item.title}</summary>
          ${item.body}
        </details> `,
    )}`;
}

/** Standard-library Python, so that the data outlive Assay. */
const python = `import base64, gzip, html.parser, json

class Report(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.parts, self.part = {}, None
        self.feed(open(path, encoding='utf-8').read())
    def handle_starttag(self, tag, attributes):
        self.attributes = dict(attributes)
        self.part = self.attributes.get('data-part')
    def handle_data(self, text):
        if self.part:
            if self.attributes['type'] == 'application/gzip':
                text = gzip.decompress(base64.b64decode(text))
            self.parts[self.part] = json.loads(text)
    def handle_endtag(self, tag):
        self.part = None

parts = Report('report.html').parts
print(list(parts))                  # the report, lists of features, vocabularies
print(list(parts['report']['tables']))`;

function embedded(data: { bytes: number; sha256: string }): Markup {
  return html`<h3 id="data">Embedded data</h3>
    <p>
      This file carries its data: ${formatBytes(data.bytes)} of JSON (SHA-256
      <span class="hash">${data.sha256}</span>), with every table at full precision, curves,
      features with their examples, and specs. <span class="data-tools"></span>
    </p>
    <details class="document">
      <summary>Reading the data with Python</summary>
      <pre><code>${python}</code></pre>
    </details> `;
}
