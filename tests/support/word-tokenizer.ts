/** A tokenizer that gives out `ids` ids for the words w0, w1 and so on, in the layout of tokenizer.json. */
export function tokenizerOf(ids: number): string {
  const vocab = Object.fromEntries(Array.from({ length: ids }, (_, id) => [`w${id}`, id]));
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: 'w0' },
  });
}
