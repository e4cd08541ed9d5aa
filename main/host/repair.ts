import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AppError, fileError } from '../../shared/errors.ts';
import { listBackups } from '../db/backup.ts';
import { lockProject } from '../db/lock.ts';
import { backupFolder } from '../db/open.ts';
import { databaseFile } from './paths.ts';

/**
 * Sets the database of a project aside, with its wal and shm, into `.assay/damaged/`, and puts the
 * newest backup or nothing in its place. Nothing is deleted.
 * @throws AppError `project-locked`, `not-found` where there is no backup, and the like.
 */
export function repairProject(folder: string, from: 'backup' | 'nothing', now: number): void {
  const lock = lockProject(join(folder, '.assay'), now);
  try {
    const file = databaseFile(folder);
    const backup = listBackups(backupFolder(file)).at(-1);
    if (from === 'backup' && !backup)
      throw new AppError(
        'not-found',
        'There is no backup of this project. Repair it without one: results of finished jobs are read again from their folders.',
        { file },
      );
    setAside(file, join(folder, '.assay', 'damaged', String(now)));
    if (from === 'backup' && backup) copyFileSync(backup.path, file);
  } catch (error) {
    throw fileError(error, folder, 'write');
  } finally {
    lock.release();
  }
}

function setAside(file: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  // The wal first: without its database it is inert, while the reverse would not be.
  for (const part of [`${file}-wal`, `${file}-shm`, file])
    if (existsSync(part)) renameSync(part, join(folder, basename(part)));
}
