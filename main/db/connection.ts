import type BetterSqlite from 'better-sqlite3';
import { databaseError } from './errors.ts';

export type Value = string | number | bigint | Buffer | null;
export type Parameters = readonly Value[];

/**
 * Reads from one database. Readers and writers are different types, so that a function that says
 * Reader cannot change anything, and one that needs a Writer cannot be given a reader.
 */
export class Reader {
  readonly file: string;
  readonly #connection: BetterSqlite.Database;
  readonly #statements = new Map<string, BetterSqlite.Statement>();

  constructor(connection: BetterSqlite.Database, file: string) {
    this.#connection = connection;
    this.file = file;
  }

  /** All rows. `Row` is what the query says, which the schema's STRICT tables hold it to. */
  all<Row>(sql: string, parameters: Parameters = []): Row[] {
    return this.guard(() => this.statement(sql).all(...parameters) as Row[]);
  }

  get<Row>(sql: string, parameters: Parameters = []): Row | undefined {
    return this.guard(() => this.statement(sql).get(...parameters) as Row | undefined);
  }

  pragma(text: string): unknown {
    return this.guard(() => this.#connection.pragma(text, { simple: true }));
  }

  close(): void {
    this.#connection.close();
  }

  protected statement(sql: string): BetterSqlite.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  protected get connection(): BetterSqlite.Database {
    return this.#connection;
  }

  /** What SQLite throws becomes an AppError that names the file. */
  protected guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseError(error, this.file);
    }
  }
}

/** The one writer of a database: the host. */
export class Writer extends Reader {
  #depth = 0;

  /** Runs one statement and answers how many rows it changed. */
  run(sql: string, parameters: Parameters = []): number {
    return this.guard(() => this.statement(sql).run(...parameters).changes);
  }

  /** Runs many statements, as a migration is. */
  execute(sql: string): void {
    this.guard(() => this.connection.exec(sql));
  }

  /**
   * All of `work` or nothing of it. Inside another transaction it is part of that one: there is one
   * writer, and what it calls together belongs together.
   */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.execute('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      this.execute('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, such as a full disk.
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Copies the database, as it is at one moment, into a new file while work goes on. */
  async copyTo(path: string): Promise<void> {
    await this.connection.backup(path).catch((error: unknown) => {
      throw databaseError(error, path);
    });
  }
}
