import { dirname, relative, resolve, sep } from 'node:path';
import { layers, packages } from './layers.js';

const root = import.meta.dirname;

/** The entry of the table that a file of the project belongs to, by its longest matching folder. */
function layerOf(file) {
  const path = relative(root, file).split(sep).join('/');
  return Object.keys(layers)
    .filter((folder) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function packageOf(specifier) {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

/** @type {import('eslint').Rule.RuleModule} */
const direction = {
  meta: {
    type: 'problem',
    docs: { description: 'imports follow the table in layers.js' },
    messages: {
      layer: "'{{from}}' may not import '{{to}}'. Allowed: {{allowed}} (see layers.js).",
      package: "'{{name}}' may only be imported in {{allowed}} (see layers.js).",
    },
    schema: [],
  },
  create(context) {
    const file = context.filename;
    const from = layerOf(file);

    function check(node, specifier) {
      if (typeof specifier !== 'string') return;
      if (!specifier.startsWith('.')) {
        const name = packageOf(specifier);
        const allowed = packages[name];
        const path = relative(root, file).split(sep).join('/');
        if (allowed && !allowed.some((folder) => path.startsWith(`${folder}/`)))
          context.report({
            node,
            messageId: 'package',
            data: { name, allowed: allowed.join(', ') },
          });
        return;
      }
      if (!from) return;
      const to = layerOf(resolve(dirname(file), specifier));
      if (to === from || (to && layers[from].includes(to))) return;
      const target = to ?? relative(root, resolve(dirname(file), specifier));
      if (!to && !target.startsWith('main/')) return;
      context.report({
        node,
        messageId: 'layer',
        data: { from, to: target, allowed: layers[from].join(', ') || 'nothing of ours' },
      });
    }

    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => node.source && check(node, node.source.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.value),
    };
  },
};

export default { rules: { direction } };
