import { expect, it } from 'vitest';
import { namedFromProject } from '../../../../main/jobs/job-errors.ts';
import { AppError } from '../../../../shared/errors.ts';

function named(message: string, details: Record<string, unknown> = {}) {
  return namedFromProject(new AppError('corrupt', message, details).toJSON(), '/home/a/project');
}

it('files of the project are named from its folder, wherever they stand in an error', () => {
  expect(
    named("/home/a/project/x/a.pt: '/home/a/project/b.pt' differs.", {
      file: '/home/a/project/x/a.pt',
      entry: 3,
    }),
  ).toEqual({
    code: 'corrupt',
    message: "x/a.pt: 'b.pt' differs.",
    details: { file: 'x/a.pt', entry: 3 },
  });
});

it('files elsewhere keep their whole path', () => {
  for (const path of ['/home/a/project-2/x', '/mnt/home/a/project/x', '/home/a/project'])
    expect(named(`${path} is missing.`, { file: path })).toMatchObject({
      message: `${path} is missing.`,
      details: { file: path },
    });
});
