import { describe, expect, it } from 'vitest';
import { blobPolicy, pagePolicy } from '../../../../main/host/page-policy.ts';

function read(policy: string): Map<string, string[]> {
  return new Map(
    policy.split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values];
    }),
  );
}

describe('the policy of the page', () => {
  it('allows constant styles by their hash and no other inline style', () => {
    const styles = read(pagePolicy({ styleHashes: ['sha256-abc='] })).get('style-src');
    expect(styles).toEqual(["'self'", "'sha256-abc='"]);
    expect(pagePolicy()).not.toContain('unsafe');
  });

  it('differs between the shells by the address of the files alone', () => {
    const loopback = read(pagePolicy());
    const window = read(pagePolicy({ data: 'assay-data:' }));
    const differing = [...window].filter(
      ([name, values]) => values.join(' ') !== loopback.get(name)?.join(' '),
    );
    expect([...window.keys()]).toEqual([...loopback.keys()]);
    expect(differing).toEqual([
      ['img-src', ["'self'", 'assay-data:', 'data:']],
      ['connect-src', ["'self'", 'assay-data:']],
      ['frame-src', ['assay-data:']],
    ]);
    expect(window.get('style-src')).toEqual(loopback.get('style-src'));
  });
});

describe('the policy of a file of the host', () => {
  it('lets a report run its viewer, without an origin and without a network', () => {
    const policy = read(blobPolicy('app://assay'));
    expect(policy.get('sandbox')).toEqual(['allow-scripts', 'allow-downloads']);
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.has('connect-src')).toBe(false);
    expect(policy.get('frame-ancestors')).toEqual(['app://assay']);
  });
});
