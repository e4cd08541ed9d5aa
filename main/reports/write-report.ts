import { renderReport } from './render-report.ts';
import type { ReportData } from './report-data.ts';
import { writeFileAtomically, type WrittenFile } from './write-file.ts';

/**
 * Writes a report: one HTML file that is opened from disk with nothing else. The path holds the
 * whole report or what it held before.
 * @throws AppError `disk-full`, `not-writable` and their like, naming the path
 */
export async function writeReport(path: string, data: ReportData): Promise<WrittenFile> {
  return writeFileAtomically(path, [await renderReport(data)]);
}
