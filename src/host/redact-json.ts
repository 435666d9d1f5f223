import { type Node, type ParseError, parseTree, visit } from 'jsonc-parser';
import { mayNestDeeper } from '../model/json-depth.ts';
import { redactArgv, redactValue } from './redact-argv.ts';
import { type NoteSecret, REDACTED, redactText } from './redact-text.ts';
import { isSecretName } from './secret-names.ts';

/** More than any JSON that passes our own borders has, with room for brackets inside its texts. */
const NESTING_LIMIT = 1000;

interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly content: string;
}

interface Walk {
  readonly note: NoteSecret;
  readonly edits: Edit[];
}

/**
 * A JSON text, comments and trailing commas allowed, without its secrets: only strings and numbers are replaced, every
 * other character stays. Undefined where the text is no such JSON.
 */
export function redactJsonText(text: string, note: NoteSecret): string | undefined {
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: true, disallowComments: false };
  // Comments may hold quotes, so every bracket counts; what is deeper for that is redacted as text of no known kind.
  const root = mayNestDeeper(text, NESTING_LIMIT) ? undefined : parseTree(text, errors, options);
  if (root === undefined || errors.length > 0) {
    return undefined;
  }
  const walk: Walk = { note, edits: [] };
  redactNode(root, undefined, walk);
  visit(
    text,
    {
      onComment: (offset, length) => {
        const comment = text.slice(offset, offset + length);
        const content = redactText(comment, note);
        walk.edits.push(...(content === comment ? [] : [{ offset, length, content }]));
      },
    },
    options,
  );
  return applied(text, walk.edits);
}

/** `secret`: the name under which everything below here is secret. */
function redactNode(node: Node, secret: string | undefined, walk: Walk): void {
  switch (node.type) {
    case 'object':
      redactObject(node, secret, walk);
      break;
    case 'array':
      redactArray(node, secret, walk);
      break;
    case 'string':
    case 'number':
      redactLeaf(node, secret, walk);
      break;
    case 'property':
    case 'boolean':
    case 'null':
      break;
  }
}

function redactObject(node: Node, secret: string | undefined, walk: Walk): void {
  const properties = (node.children ?? []).map(({ children }) => children ?? []);
  const named = properties.find(([key]) => /^(name|key)$/i.test(textOf(key)))?.[1];
  for (const [key, value] of properties) {
    if (key === undefined || value === undefined) {
      continue;
    }
    const name = textOf(key);
    const entry = /^value$/i.test(name) && isSecretName(textOf(named)) ? textOf(named) : undefined;
    const own = isSecretName(name) ? name : entry;
    const inEnvironment = name === 'Env' && value.type === 'array';
    redactNode(value, secret ?? own ?? (inEnvironment ? 'environment of a container' : undefined), walk);
    replaceString(walk, key, redactText(name, walk.note));
  }
}

function redactArray(node: Node, secret: string | undefined, walk: Walk): void {
  const items = node.children ?? [];
  if (secret !== undefined || !items.every(({ type }) => type === 'string')) {
    items.forEach((item) => redactNode(item, secret, walk));
    return;
  }
  const redacted = redactArgv(items.map(textOf), walk.note);
  items.forEach((item, index) => replaceString(walk, item, redacted[index] ?? REDACTED));
}

function redactLeaf(node: Node, secret: string | undefined, walk: Walk): void {
  const text = String(node.value);
  if (secret === undefined) {
    replaceString(walk, node, node.type === 'string' ? redactValue(keyOf(node), text, walk.note) : text);
  } else if (text !== '' && text !== REDACTED) {
    walk.note(secret, text);
    walk.edits.push({ offset: node.offset, length: node.length, content: JSON.stringify(REDACTED) });
  }
}

/** The name of the member a value belongs to; the empty string in a list. */
function keyOf(node: Node): string {
  return node.parent?.type === 'property' ? textOf(node.parent.children?.[0]) : '';
}

function textOf(node: Node | undefined): string {
  return typeof node?.value === 'string' ? node.value : '';
}

function replaceString(walk: Walk, node: Node, after: string): void {
  if (node.type === 'string' && after !== node.value) {
    walk.edits.push({ offset: node.offset, length: node.length, content: JSON.stringify(after) });
  }
}

function applied(text: string, edits: readonly Edit[]): string {
  let done = '';
  let at = 0;
  for (const { offset, length, content } of edits.toSorted((a, b) => a.offset - b.offset)) {
    done += text.slice(at, offset) + content;
    at = offset + length;
  }
  return done + text.slice(at);
}
