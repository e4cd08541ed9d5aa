/**
 * Copies text. A promise may be given, so that what has to be fetched first still counts as copied
 * by the same key press.
 */
export async function copyText(text: string | Promise<string>): Promise<void> {
  if (!('clipboard' in navigator)) return copyThroughSelection(await text);
  const blob = Promise.resolve(text).then((value) => new Blob([value], { type: 'text/plain' }));
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
  } catch {
    await blob; // What could not be made is the caller's error; what could not be copied is tried otherwise.
    copyThroughSelection(await text);
  }
}

/** Copies a picture. */
export async function copyPng(png: Blob | Promise<Blob>): Promise<void> {
  if (!('clipboard' in navigator)) {
    throw new Error('This browser lets no page copy pictures. Save the chart as SVG instead.');
  }
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

/** Offers text as a file to save. */
export function saveText(name: string, text: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The download has taken its own hold of the bytes long before.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The way of pages that have no clipboard permission. */
function copyThroughSelection(text: string): void {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!copied) throw new Error('The system refused access to the clipboard. Try again.');
}
