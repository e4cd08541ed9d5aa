import { expect, it } from 'vitest';
import { formatAddress, parseAddress, startAddress } from '../../../../renderer/state/address.ts';

it('an address comes back as it was, odd characters included', () => {
  const address = {
    project: 'prj_0123456789abcdef',
    page: 'runs',
    parts: ['new', 'a/b?c#d'],
    query: { spec: 'specs/layer 6.yaml', search: 'λ & "x" = 1' },
  };
  expect(parseAddress(formatAddress(address))).toEqual(address);
});

it('the page of a project is its first page where none is named', () => {
  expect(parseAddress('#/p/prj_0123456789abcdef')).toEqual({
    project: 'prj_0123456789abcdef',
    page: 'project',
    parts: [],
    query: {},
  });
});

it.each(['', '#', '#/', '#/x/y', '#token=abc', '#/p', '#?a=b'])(
  'what names no project leads to the start page: %s',
  (hash) => expect(parseAddress(hash)).toEqual(startAddress),
);

it('a broken escape is taken as it stands', () => {
  expect(parseAddress('#/p/prj_1/runs/%E0%A4%A').parts).toEqual(['%E0%A4%A']);
});
