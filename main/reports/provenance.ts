import { html, type Markup } from './viewer/html.ts';

interface Source {
  readonly name: string;
  readonly value: unknown;
}

/**
 * Provenance as rows of `dotted.path: value`. Values that all sources share are printed once;
 * others once for each source.
 */
export function provenanceTable(sources: readonly Source[]): Markup {
  const flat = sources.map((source) => ({ name: source.name, values: flatten(source.value) }));
  const paths = [...new Set(flat.flatMap((source) => [...source.values.keys()]))];
  if (paths.length === 0) return html`<p class="muted">Nothing was recorded.</p>`;
  const rows = paths.map((path) => {
    const values = flat.map((source) => ({
      name: source.name,
      text: source.values.get(path) ?? '–',
    }));
    const isShared = values.every((value) => value.text === values[0]?.text);
    const shown = isShared
      ? html`${values[0]?.text}`
      : html`${values.map((value) => html`<span class="each"><span class="muted">${value.name}</span> ${value.text}</span>`)}`;
    return html`<tr>
      <th scope="row">${path}</th>
      <td>${shown}</td>
    </tr> `;
  });
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Provenance">
    <table class="small provenance">
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** Leaves of a JSON document by their dotted path. Lists of plain values are one leaf. */
export function flatten(value: unknown): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (path: string, item: unknown): void => {
    if (item === null || item === undefined || typeof item !== 'object') {
      leaves.set(path, item === null || item === undefined ? '–' : String(item));
      return;
    }
    const entries = Object.entries(item);
    if (Array.isArray(item) && item.every((one) => one === null || typeof one !== 'object'))
      leaves.set(path, item.join(', '));
    else for (const [key, inner] of entries) visit(path === '' ? key : `${path}.${key}`, inner);
  };
  visit('', value);
  leaves.delete('');
  return leaves;
}
