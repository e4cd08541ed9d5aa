/** Limits that several folders must agree on. Sizes are in bytes unless the name says otherwise. */
export const limits = {
  /** One frame on any transport. Larger results travel by handle (see contract/blobs). */
  frameBytes: 1 << 20,
  /** Header of a safetensors file. The format allows 100 MB; real ones have a few. */
  safetensorsHeaderBytes: 32 << 20,
  /** Values of that header, of which each tensor has five. */
  safetensorsHeaderValues: 1_000_000,
  /** A JSON or YAML document read whole (config, tokenizer, spec). */
  documentBytes: 64 << 20,
  /** Nesting of a JSON document. */
  jsonDepth: 64,
  /** Rows that one page of a table may ask for. */
  pageRows: 500,
  /** Points that one curve may ask for. */
  seriesBuckets: 4000,
  /** Columns of a data table. */
  tableColumns: 20_000,
  /** Cells of a data table that are held in memory. */
  tableCells: 250_000_000,
  /** One record of a data table, all its cells together. */
  recordBytes: 64 << 20,
  /** Coefficients of one regression. */
  designColumns: 1000,
  /** One cell of a data table. */
  cellBytes: 1 << 20,
  /** Length of a label or a note. */
  labelCharacters: 2000,
  noteCharacters: 100_000,
} as const;
