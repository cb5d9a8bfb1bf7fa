import type { CommandNode, OptionNode } from '../command-tree.js';
import { type Candidates, type Place, places, valuesOf } from './words.js';

/** A fish completion script. */
export function fishCompletion(tree: CommandNode): string {
  const all = places(tree);
  const withValue = [
    ...new Set(
      all.flatMap(({ options }) =>
        options.filter((option) => option.takesValue && !option.flags.includes('[')).map(({ long }) => long),
      ),
    ),
  ];
  return `# fish completion for keys; made from the command tree by npm run docs
function __keys_path
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case ${withValue.join(' ')}
                set skip 1
            case '-*'
            case '*'
                set -l next (string trim -- "$path $word")
                contains -- "$next" ${all
                  .filter(({ path }) => path)
                  .map(({ path }) => quote(path))
                  .join(' ')}; and set path $next
        end
    end
    echo $path
end

function __keys_at
    set -l path (__keys_path)
    test "$path" = "$argv[1]"
end

complete -c keys -f
${all.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, command, options, candidates }: Place): string[] {
  const at = `complete -c keys -n ${quote(`__keys_at ${path === '' ? "''" : `'${path}'`}`)}`;
  const children = command.commands.flatMap((child) =>
    [child.name, ...child.aliases].map((name) => `${at} -a ${name} -d ${quote(child.summary)}`),
  );
  const own =
    command.commands.length === 0 && candidates.kind !== 'none'
      ? [`${at} -a ${quote(source(candidates))}`]
      : [];
  return [...children, ...own, ...options.map((option) => `${at} ${optionWords(option)}`)];
}

function optionWords(option: OptionNode): string {
  const names = [`-l ${option.long.slice(2)}`, ...(option.short ? [`-s ${option.short.slice(1)}`] : [])].join(
    ' ',
  );
  const values = valuesOf(option);
  const value = !option.takesValue ? '' : values.kind === 'none' ? ' -x' : ` -x -a ${quote(source(values))}`;
  return `${names}${value} -d ${quote(option.about)}`;
}

function source(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return candidates.words.join(' ');
    case 'dynamic':
      return `(keys __complete ${candidates.what} 2>/dev/null)`;
    case 'files':
      return '(__fish_complete_path)';
    case 'none':
      return '';
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
