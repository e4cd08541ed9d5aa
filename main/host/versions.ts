import { sqliteVersion } from '../db/version.ts';

/** Versions of what Assay stands on, and the system that it runs on. */
export function describeVersions(): { platform: string; node: string; sqlite: string } {
  return {
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    sqlite: sqliteVersion(),
  };
}
