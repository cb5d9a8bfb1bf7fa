import type { CommandNode, OptionNode } from '../command-tree.js';
import { type Candidates, type Place, places, valuesOf } from './words.js';

/** A zsh completion function (\`_keys\`), over _arguments. */
export function zshCompletion(tree: CommandNode): string {
  const all = places(tree);
  return `#compdef keys
# zsh completion for keys; made from the command tree by npm run docs

_keys_dynamic() {
  local -a found
  found=("\${(@f)$("$service" __complete "$1" 2>/dev/null)}")
  found=("\${(@)found:#}")
  (( $#found )) && compadd -a found
}

${all.map(functionOf).join('\n')}
_keys "$@"
`;
}

function functionName(path: string): string {
  return path === '' ? '_keys' : `_keys_${path.replaceAll(' ', '_')}`;
}

function functionOf({ path, command, options, candidates }: Place): string {
  const specs = options.map(spec);
  if (command.commands.length === 0) {
    const rest = command.arguments[0]?.variadic ? '*' : '1';
    const argument =
      candidates.kind === 'none'
        ? []
        : [quote(`${rest}:${command.arguments[0]?.name ?? ''}:${action(candidates)}`)];
    return `${functionName(path)}() {\n  _arguments -s ${[...specs, ...argument].join(' \\\n    ')}\n}\n`;
  }
  const described = command.commands.flatMap((child) =>
    [child.name, ...child.aliases].map((name) => quote(`${name}:${child.summary}`)),
  );
  const cases = command.commands.flatMap((child) =>
    [child.name, ...child.aliases].map((name) => {
      const below = path === '' ? name : `${path} ${name}`;
      return `        ${name}) ${functionName(below)} ;;`;
    }),
  );
  return `${functionName(path)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C ${[...specs, "'1: :->command'", "'*:: :->rest'"].join(' \\\n    ')}
  case $state in
    command)
      local -a commands=(${described.join(' ')})
      _describe command commands
      ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}
`;
}

function spec(option: OptionNode): string {
  const names = option.short
    ? `(${option.short} ${option.long})'{${option.short},${option.long}}'`
    : option.long;
  const about = option.about.replace(/[[\]:\\]/g, '\\$&');
  const optional = option.flags.includes('[') ? '::' : ':';
  const value = option.takesValue ? `${optional}value:${action(valuesOf(option))}` : '';
  return option.short
    ? `'${names}${escapeQuotes(`[${about}]${value}`)}'`
    : quote(`*${names}[${about}]${value}`);
}

function action(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `(${candidates.words.join(' ')})`;
    case 'dynamic':
      return `{_keys_dynamic ${candidates.what}}`;
    case 'files':
      return '_files';
    case 'none':
      return ' ';
  }
}

function escapeQuotes(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function quote(text: string): string {
  return `'${escapeQuotes(text)}'`;
}
