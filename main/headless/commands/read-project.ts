import { resolve } from 'node:path';
import { openView, type ProjectView } from '../../host/project-view.ts';
import { textValue, type Command, type Values } from '../cli/command.ts';

/** The option of commands that read a project; it may be open in the app at the same time. */
export const projectOption = {
  project: { type: 'string', value: 'DIR', help: 'project folder; the current one by default' },
} as const satisfies Command['options'];

export function projectFolder(values: Values): string {
  return resolve(textValue(values, 'project') ?? '.');
}

/** Reads from a project and closes it again. @throws AppError */
export async function withProject<T>(
  values: Values,
  read: (view: ProjectView) => T | Promise<T>,
): Promise<T> {
  const view = openView(projectFolder(values));
  try {
    return await read(view);
  } finally {
    view.close();
  }
}
