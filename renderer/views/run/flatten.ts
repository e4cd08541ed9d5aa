/** Leaves of a JSON document by their dotted path, for a list of terms; lists of values are one leaf. */
export function flattenJson(value: unknown): { readonly path: string; readonly text: string }[] {
  const leaves: { path: string; text: string }[] = [];
  const visit = (path: string, part: unknown): void => {
    if (part === null || part === undefined) leaves.push({ path, text: '' });
    else if (typeof part !== 'object') leaves.push({ path, text: String(part as string | number) });
    else if (Array.isArray(part) && part.every((item) => typeof item !== 'object'))
      leaves.push({ path, text: part.join(', ') });
    else
      for (const [key, inner] of Object.entries(part))
        visit(path === '' ? key : `${path}.${key}`, inner);
  };
  visit('', value);
  return leaves;
}
