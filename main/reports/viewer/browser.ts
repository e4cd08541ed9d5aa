import type { FeatureDetail } from '../../../shared/contract/features.ts';
import { csvCell } from '../../../shared/text.ts';
import { featureCard } from './feature-card.ts';
import { formatNumber } from './format.ts';
import { unpackFeature, type PackedFeature } from './packing.ts';

/*
 * The script of a report's page: sorting, filtering and downloading tables, and opening features
 * from the embedded data. Everything that can be read is there without it. It fetches nothing; the
 * page's policy would not let it.
 */

type Value = string | number | boolean | null;

interface EmbeddedTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

interface EmbeddedReport {
  readonly title: string;
  readonly tables: Readonly<Record<string, EmbeddedTable>>;
  readonly sections: readonly Record<string, unknown>[];
}

/** The element of one part of the embedded data. */
function dataPart(name: string): Element | null {
  return document.querySelector(`script[data-part="${name}"]`);
}

/** The JSON of a data element, unpacked where it is compressed. */
async function readIsland(element: Element): Promise<unknown> {
  const text = element.textContent ?? '';
  if (element.getAttribute('type') === 'application/json') return JSON.parse(text);
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json();
}

function download(name: string, type: string, parts: string[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function button(text: string, title: string, action: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = text;
  element.title = title;
  element.addEventListener('click', action);
  return element;
}

function tableCsv(table: EmbeddedTable): string {
  const line = (cells: readonly Value[]): string =>
    cells.map((cell) => csvCell(typeof cell === 'boolean' ? String(cell) : cell)).join(',');
  return [table.columns, ...table.rows].map((row) => `${line(row)}\r\n`).join('');
}

function tableJson(table: EmbeddedTable): string {
  const objects = table.rows.map((row) =>
    Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? null])),
  );
  return `${JSON.stringify(objects, null, 1)}\n`;
}

/** Numbers by size (infinities travel as words), then words, then what is missing. */
function compareValues(a: Value, b: Value): number {
  const rank = (value: Value): number =>
    value === null ? 2 : Number.isNaN(Number(value)) || value === '' ? 1 : 0;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 0) return Number(a) - Number(b);
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

/** A table of the page bound to its data; rows are known by their place in the data. */
class LiveTable {
  readonly #data: EmbeddedTable;
  readonly #body: HTMLTableSectionElement;
  readonly #rows: HTMLTableRowElement[];
  readonly #status = document.createElement('output');
  #order: number[];
  #sorted: { column: number; descending: boolean } | undefined;
  #words = '';
  /** Called with the places of the rows that are shown, in their order. */
  onChange: (places: readonly number[]) => void = () => undefined;

  constructor(container: Element, data: EmbeddedTable) {
    this.#data = data;
    this.#body = container.querySelector('tbody')!;
    this.#rows = [...this.#body.rows];
    this.#order = this.#rows.map((_, index) => index);
    for (const head of container.querySelectorAll('th[data-key]')) this.#makeSortable(head);
    container.querySelector('.table-head')?.append(this.#tools());
  }

  get data(): EmbeddedTable {
    return this.#data;
  }

  get places(): number[] {
    return this.#order.filter((place) => !this.#rows[place]?.hidden);
  }

  #tools(): HTMLElement {
    const tools = document.createElement('div');
    tools.className = 'tools';
    if (this.#rows.length > 8) {
      const input = document.createElement('input');
      input.type = 'search';
      input.placeholder = 'Filter rows';
      input.setAttribute('aria-label', 'Filter rows');
      input.addEventListener('input', () => {
        this.#words = input.value;
        this.#filter();
      });
      tools.append(input, this.#status);
    }
    const { name } = this.#data;
    tools.append(
      button('CSV', 'Download this table as CSV, at full precision', () =>
        download(`${name}.csv`, 'text/csv', [tableCsv(this.#data)]),
      ),
      button('JSON', 'Download this table as JSON, at full precision', () =>
        download(`${name}.json`, 'application/json', [tableJson(this.#data)]),
      ),
    );
    return tools;
  }

  #makeSortable(head: Element): void {
    const column = Number(head.getAttribute('data-key'));
    const control = button('', 'Sort', () => this.#sort(column, head));
    control.className = 'sort';
    control.append(...head.childNodes);
    const definition = head.getAttribute('title');
    if (definition !== null) control.title = definition;
    head.append(control);
  }

  #sort(column: number, head: Element): void {
    const isNumeric = this.#data.rows.some((row) => typeof row[column] === 'number');
    const again = this.#sorted?.column === column;
    const descending = again ? !this.#sorted?.descending : isNumeric;
    this.#sorted = { column, descending };
    const value = (place: number): Value => this.#data.rows[place]?.[column] ?? null;
    this.#order = this.#rows
      .map((_, place) => place)
      .sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        // What is missing stays last in both directions.
        if (x === null || y === null || !descending) return compareValues(x, y) || a - b;
        return compareValues(y, x) || a - b;
      });
    for (const other of head.parentElement?.children ?? []) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    this.#body.append(...this.#order.flatMap((place) => this.#rows[place] ?? []));
    this.onChange(this.places);
  }

  #filter(): void {
    const words = this.#words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of this.#rows) {
      const text = words.length === 0 ? '' : (row.textContent ?? '').toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
    const shown = this.places;
    this.#status.textContent =
      shown.length === this.#rows.length
        ? ''
        : `${formatNumber(shown.length)} of ${formatNumber(this.#rows.length)}`;
    this.onChange(shown);
  }
}

/** Pages of feature cards that follow the order and the filter of the features' table. */
class FeaturePages {
  readonly #section: Element;
  readonly #cards: Element;
  readonly #pager = document.createElement('nav');
  readonly #islands: (Element | null)[];
  #vocabulary: Promise<Map<number, string>> | undefined;
  readonly #opened = new Map<number, Promise<FeatureDetail[]>>();
  readonly #known = new Map<number, Element>();
  readonly #perPage: number;
  readonly #perIsland: number;
  readonly #features: number[];
  #places: readonly number[];
  #page = 0;
  /** Counts the pages asked for, so that a slow one cannot overwrite a later one. */
  #request = 0;

  constructor(section: Element, table: LiveTable) {
    this.#section = section;
    this.#cards = section.querySelector('.cards')!;
    this.#perPage = Number(section.getAttribute('data-cards'));
    this.#perIsland = Number(section.getAttribute('data-island'));
    const count = Math.ceil(table.data.rows.length / this.#perIsland);
    this.#islands = Array.from({ length: count }, (_, index) =>
      dataPart(`${section.id}-features-${index + 1}`),
    );
    this.#features = table.data.rows.map((row) => Number(row[0]));
    this.#places = table.places;
    [...this.#cards.children].forEach((card, place) => this.#known.set(place, card));
    this.#pager.className = 'pager';
    this.#pager.setAttribute('aria-label', 'Pages of features');
    if (this.#features.length > this.#perPage) this.#cards.after(this.#pager);
    table.onChange = (places) => {
      this.#places = places;
      void this.#show(0);
    };
    this.#renderPager();
  }

  /** Details of all features, in the order of the table's data. */
  async all(): Promise<FeatureDetail[]> {
    const parts = await Promise.all(this.#islands.map((_, index) => this.#island(index)));
    return parts.flat();
  }

  /** Brings a feature into view; false where the section has none of this number. */
  async open(feature: number): Promise<boolean> {
    const place = this.#features.indexOf(feature);
    if (place < 0) return false;
    let index = this.#places.indexOf(place);
    if (index < 0) {
      this.#places = this.#features.map((_, other) => other);
      index = place;
    }
    await this.#show(Math.floor(index / this.#perPage));
    document.getElementById(`${this.#section.id}-f${feature}`)?.scrollIntoView();
    return true;
  }

  #island(index: number): Promise<FeatureDetail[]> {
    const known = this.#opened.get(index);
    if (known) return known;
    const details = this.#unpack(this.#islands[index] ?? null);
    this.#opened.set(index, details);
    return details;
  }

  async #unpack(element: Element | null): Promise<FeatureDetail[]> {
    const words = dataPart(`${this.#section.id}-vocabulary`);
    if (!element || !words) return [];
    this.#vocabulary ??= readIsland(words).then((list) => new Map(list as [number, string][]));
    const vocabulary = await this.#vocabulary;
    const packed = (await readIsland(element)) as PackedFeature[];
    return packed.map((feature) => unpackFeature(feature, vocabulary));
  }

  async #card(place: number): Promise<Element | undefined> {
    const known = this.#known.get(place);
    if (known) return known;
    const details = await this.#island(Math.floor(place / this.#perIsland));
    const detail = details[place % this.#perIsland];
    if (!detail) return undefined;
    const template = document.createElement('template');
    // featureCard escapes all that comes from data; it wrote the cards that came with the page.
    template.innerHTML = featureCard(detail, this.#section.id).markup;
    const card = template.content.firstElementChild ?? undefined;
    if (card) this.#known.set(place, card);
    return card;
  }

  async #show(page: number): Promise<void> {
    this.#request += 1;
    const request = this.#request;
    const places = this.#places.slice(page * this.#perPage, (page + 1) * this.#perPage);
    const cards = await Promise.all(places.map((place) => this.#card(place)));
    if (request !== this.#request) return;
    this.#page = page;
    this.#cards.replaceChildren(...cards.filter((card) => card !== undefined));
    this.#renderPager();
  }

  #turn(by: number): void {
    void this.#show(this.#page + by).then(() =>
      document.getElementById(`${this.#section.id}-cards`)?.scrollIntoView(),
    );
  }

  #renderPager(): void {
    const first = this.#page * this.#perPage;
    const last = Math.min(first + this.#perPage, this.#places.length);
    const previous = button('← Previous', 'Previous page', () => this.#turn(-1));
    const next = button('Next →', 'Next page', () => this.#turn(1));
    previous.disabled = this.#page === 0;
    next.disabled = last >= this.#places.length;
    const where = document.createElement('span');
    where.textContent =
      this.#places.length === 0
        ? 'no feature matches'
        : `${formatNumber(first + 1)} to ${formatNumber(last)} of ${formatNumber(this.#places.length)} features`;
    this.#pager.replaceChildren(previous, where, next);
  }
}

/** The address of a feature: section and number. */
function parseAddress(hash: string): { section: string; feature: number } | undefined {
  const match = /^#(s\d+)-f(\d+)$/.exec(hash);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { section: match[1], feature: Number(match[2]) };
}

function followAddresses(pages: ReadonlyMap<string, FeaturePages>): void {
  const follow = (): void => {
    const address = parseAddress(location.hash);
    if (address && !document.getElementById(location.hash.slice(1)))
      void pages.get(address.section)?.open(address.feature);
  };
  // A second click on the same feature changes no address.
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link?.hash === location.hash) follow();
  });
  window.addEventListener('hashchange', follow);
  follow();
}

/** j and k go to the next and the previous feature, as they do in Assay. */
function followKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey)
      return;
    if (event.key !== 'j' && event.key !== 'k') return;
    const cards = [...document.querySelectorAll('article.feature')];
    const tops = cards.map((card) => card.getBoundingClientRect().top);
    const target =
      event.key === 'j'
        ? cards[tops.findIndex((top) => top > 24)]
        : cards[tops.findLastIndex((top) => top < -24)];
    target?.scrollIntoView();
  });
}

/** Marks the section that is being read in the table of contents. */
function followReading(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('nav.contents a')].map((link) => [
      link.hash.slice(1),
      link,
    ]),
  );
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries)
        if (entry.isIntersecting) {
          for (const link of links.values()) link.removeAttribute('aria-current');
          links.get(entry.target.id)?.setAttribute('aria-current', 'true');
        }
    },
    { rootMargin: '-10% 0px -85% 0px' },
  );
  for (const section of document.querySelectorAll('main > section')) observer.observe(section);
}

async function downloadAll(
  report: EmbeddedReport,
  pages: ReadonlyMap<string, FeaturePages>,
): Promise<void> {
  const sections = report.sections.map(async (section, index) => {
    const own = pages.get(`s${index + 1}`);
    return own ? { ...section, features: await own.all() } : section;
  });
  const whole = { ...report, sections: await Promise.all(sections) };
  download('report.json', 'application/json', [JSON.stringify(whole)]);
}

async function start(): Promise<void> {
  followReading();
  followKeys();
  const island = dataPart('report');
  if (!island) return;
  const report = (await readIsland(island)) as EmbeddedReport;
  const pages = new Map<string, FeaturePages>();
  for (const container of document.querySelectorAll('div.table')) {
    const data = Object.hasOwn(report.tables, container.id)
      ? report.tables[container.id]
      : undefined;
    if (!data) continue;
    const table = new LiveTable(container, data);
    const section = container.closest('section.features');
    if (section) pages.set(section.id, new FeaturePages(section, table));
  }
  followAddresses(pages);
  document.querySelector('.data-tools')?.append(
    button('Download all as JSON', 'Everything that this report carries', () => {
      void downloadAll(report, pages);
    }),
  );
  document.documentElement.dataset['ready'] = 'true';
}

start().catch((error: unknown) => {
  const note = document.createElement('p');
  note.className = 'problem';
  note.textContent = `Sorting, downloads and further features are not available: the embedded data could not be read (${String(error)}). A browser of 2023 or later is needed; all that you see is complete without them.`;
  document.querySelector('main')?.prepend(note);
});
