import { Random } from './random.ts';

/** Text that tries to be markup, script, style or a spreadsheet formula, or to look like other text. */

const known = [
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<!--<script>alert(1)//-->',
  ']]><script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "'><img src=x onerror=alert(1)>",
  '<img src=x onerror="window.pwned=1">',
  '<iframe srcdoc="<script>parent.pwned=1</script>">',
  '<object data="javascript:alert(1)">',
  '<embed src="data:text/html,<script>alert(1)</script>">',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  '<style>@import "https://evil.example/x.css";</style>',
  '<form action="https://evil.example/"><button autofocus>',
  '<a href="javascript:alert(1)">click</a>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<svg><script>alert(1)</script></svg>',
  '<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>',
  '<details open ontoggle=alert(1)>',
  '<template><script>alert(1)</script></template>',
  '</textarea><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '</svg><script>alert(1)</script>',
  '<x onmouseover=alert(1) style="position:fixed;inset:0">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;alert(1)&#60;/script&#62;',
  '\\u003cscript\\u003ealert(1)',
  '${alert(1)}',
  '`${alert(1)}`',
  '{{constructor.constructor("alert(1)")()}}',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '" autofocus onfocus="alert(1)',
  "' onmouseover='alert(1)",
  '`onmouseover=alert(1)',
  '<ScRiPt>alert(1)</sCrIpT>',
  '<scr<script>ipt>alert(1)</script>',
  '<img/src/onerror=alert(1)>',
  '<\u0000script>alert(1)</script>',
  '\u2028alert(1)\u2029',
  '\u202Etxt.exe\u202C',
  '\u2066hidden\u2069 \u200Bzero\u200D\uFEFF',
  '\uD800 alone \uDC00',
  '\uFFFE\uFFFF',
  'a\rb\r\nc',
  '\u0085\u001B[31mred\u001B[0m\u0007',
  '＜script＞alert(1)＜/script＞',
  '__proto__',
  'constructor',
  'toString',
  '=cmd|"/C calc"!A0',
  '"; DROP TABLE runs; --',
];

const openings = [
  '',
  '"',
  "'",
  '>',
  '">',
  "'>",
  '-->',
  '</td>',
  '</text>',
  '</code>',
  ']]>',
  '&quot;>',
];
const tags = [
  'script',
  'img src=x',
  'svg',
  'iframe',
  'body',
  'video',
  'audio',
  'input',
  'details open',
  'a href=javascript:alert(1)',
  'style',
  'math',
  'image',
];
const events = [
  '',
  ' onerror=',
  ' onload=',
  ' onfocus=',
  ' onclick=',
  ' ontoggle=',
  '/onload=',
  '\tonerror=',
  '\nonload=',
];
const bodies = [
  'alert(1)',
  'window.pwned=1',
  '"alert(1)"',
  '`alert(1)`',
  'fetch("https://evil.example/")',
  'top.location="https://evil.example/"',
];
const endings = ['', '>', '/>', '></script>', '//', '<!--', '\u2028', ' x=', '\u0000'];

/** `count` texts: those known from the field, then others from their grammar. */
export function hostileTexts(count: number, seed = 1): string[] {
  const random = new Random(seed);
  const pick = (from: readonly string[]): string => random.pick(from);
  const made = Array.from({ length: Math.max(0, count - known.length) }, (_, index) => {
    const tag = pick(tags);
    return `${pick(openings)}<${tag}${pick(events)}${pick(bodies)}${pick(endings)}${index % 5 === 0 ? pick(known) : ''}`;
  });
  return [...known, ...made].slice(0, count);
}
